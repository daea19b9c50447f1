-- One client's requests by series, from $1 to $2 and, in the columns named before, from $3 to $1.
select series,
    limiter.saturated(coalesce(sum(allowed) filter (where at >= $1), 0)) as allowed,
    limiter.saturated(coalesce(sum(allowed) filter (where at < $1), 0)) as allowed_before,
    limiter.saturated(coalesce(sum(blocked) filter (where at >= $1), 0)) as blocked,
    limiter.saturated(coalesce(sum(blocked) filter (where at < $1), 0)) as blocked_before,
    limiter.saturated(coalesce(sum(failed) filter (where at >= $1), 0)) as failed,
    limiter.saturated(coalesce(sum(failed) filter (where at < $1), 0)) as failed_before
from limiter.clients
where client = $5 and at >= $3 and at < $2 and ($4::integer[] is null or series = any ($4))
group by series
