-- One client's requests, in bars of $9 seconds, with their times shifted forward by $10 seconds.
select extract(epoch from date_bin(make_interval(secs => $9), at + make_interval(secs => $10), 'epoch'))::bigint as bar,
    limiter.saturated(sum(allowed)) as allowed, limiter.saturated(sum(blocked)) as blocked,
    limiter.saturated(sum(failed)) as failed
from counts
where ($7::integer[] is null or series = any ($7)) and client = $8
group by 1
