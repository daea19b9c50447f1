-- Requests by series; `unavailable` counts the failed ones that were refused.
select series,
    limiter.saturated(coalesce(sum(requests) filter (where outcome in ('allowed', 'shadow_blocked')), 0)) as allowed,
    limiter.saturated(coalesce(sum(requests) filter (where outcome = 'blocked'), 0)) as blocked,
    limiter.saturated(coalesce(sum(requests) filter (where outcome = 'failed'), 0)) as failed,
    limiter.saturated(coalesce(sum(requests::numeric - passed) filter (where outcome = 'failed'), 0)) as unavailable
from decisions
where $5::integer[] is null or series = any ($5)
group by series
