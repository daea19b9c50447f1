-- One client's requests by series, from $1 to $2 and, in the columns named before, from $3 to $1.
select series,
    coalesce(sum(allowed) filter (where at >= $1), 0)::bigint as allowed,
    coalesce(sum(allowed) filter (where at < $1), 0)::bigint as allowed_before,
    coalesce(sum(blocked) filter (where at >= $1), 0)::bigint as blocked,
    coalesce(sum(blocked) filter (where at < $1), 0)::bigint as blocked_before,
    coalesce(sum(failed) filter (where at >= $1), 0)::bigint as failed,
    coalesce(sum(failed) filter (where at < $1), 0)::bigint as failed_before
from limiter.clients
where client = $5 and at >= $3 and at < $2 and ($4::integer[] is null or series = any ($4))
group by series
