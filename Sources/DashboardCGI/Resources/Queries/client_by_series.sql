-- One client's requests by series.
select series, limiter.saturated(sum(allowed)) as allowed, limiter.saturated(sum(blocked)) as blocked,
    limiter.saturated(sum(failed)) as failed
from counts
where ($7::integer[] is null or series = any ($7)) and client = $8
group by series
