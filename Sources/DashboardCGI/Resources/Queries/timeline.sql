-- Requests by outcome, in bars of $6 seconds, with their times shifted forward by $7 seconds.
select extract(epoch from date_bin(make_interval(secs => $6), at + make_interval(secs => $7), 'epoch'))::bigint as bar,
    limiter.saturated(coalesce(sum(requests) filter (where outcome in ('allowed', 'shadow_blocked')), 0)) as allowed,
    limiter.saturated(coalesce(sum(requests) filter (where outcome = 'blocked'), 0)) as blocked,
    limiter.saturated(coalesce(sum(requests) filter (where outcome = 'failed'), 0)) as failed
from decisions
where $5::integer[] is null or series = any ($5)
group by 1
