-- Requests by series from $1 to $2; unavailable are those of the failed that were refused.
select series,
    limiter.saturated(coalesce(sum(requests) filter (where outcome in ('allowed', 'shadow_blocked')), 0)) as allowed,
    limiter.saturated(coalesce(sum(requests) filter (where outcome = 'blocked'), 0)) as blocked,
    limiter.saturated(coalesce(sum(requests) filter (where outcome = 'failed'), 0)) as failed,
    limiter.saturated(coalesce(sum(requests - passed) filter (where outcome = 'failed'), 0)) as unavailable
from limiter.decisions
where at >= $1 and at < $2 and ($3::integer[] is null or series = any ($3))
group by series
