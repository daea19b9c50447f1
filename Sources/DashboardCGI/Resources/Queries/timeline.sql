-- Requests by outcome from $1 to $2, in bars of $3 seconds.
select extract(epoch from date_bin(make_interval(secs => $3), at, 'epoch'))::bigint as bar,
    limiter.saturated(coalesce(sum(requests) filter (where outcome in ('allowed', 'shadow_blocked')), 0)) as allowed,
    limiter.saturated(coalesce(sum(requests) filter (where outcome = 'blocked'), 0)) as blocked,
    limiter.saturated(coalesce(sum(requests) filter (where outcome = 'failed'), 0)) as failed
from limiter.decisions
where at >= $1 and at < $2 and ($4::integer[] is null or series = any ($4))
group by 1
