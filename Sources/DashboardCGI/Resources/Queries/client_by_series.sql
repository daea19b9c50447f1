-- What became of one client's requests, by series: from $1 to $2, and from $3 to $1.
select series,
    coalesce(sum(allowed) filter (where at >= $1), 0)::bigint, coalesce(sum(allowed) filter (where at < $1), 0)::bigint,
    coalesce(sum(blocked) filter (where at >= $1), 0)::bigint, coalesce(sum(blocked) filter (where at < $1), 0)::bigint,
    coalesce(sum(failed) filter (where at >= $1), 0)::bigint, coalesce(sum(failed) filter (where at < $1), 0)::bigint
from limiter.clients
where client = $5 and at >= $3 and at < $2 and ($4::integer[] is null or series = any ($4))
group by series
