-- At most $7 of the latest refused requests from $1 to $2 that come before the one at $5 microseconds with the number $6.
select id, (extract(epoch from at) * 1000000)::bigint as time, client, host(address) as address, series, retry_after,
    user_agent, method, host, path, status, counted_status
from limiter.events
where at >= $1 and at < $2 and ($3::integer[] is null or series = any ($3)) and ($4::text is null or client = $4)
    and ($5::bigint is null or (at, id) < (timestamptz 'epoch' + $5 * interval '1 microsecond', $6::bigint)) /* conditions */
order by at desc, id desc
limit $7
