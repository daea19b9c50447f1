-- At most $7 groups of refused requests that differ only in their time, among the latest 10,000 from $1 to $2 that come before the
-- one at $5 microseconds with the number $6.
select max(id) as id, (extract(epoch from max(at)) * 1000000)::bigint as time, count(*) as count,
    (extract(epoch from min(at)) * 1000000)::bigint as first, client, host(address) as address, series,
    max(retry_after) as retry_after, user_agent, method, host, path, status, counted_status
from (
    select * from limiter.events
    where at >= $1 and at < $2 and ($3::integer[] is null or series = any ($3)) and ($4::text is null or client = $4)
        and ($5::bigint is null or (at, id) < (timestamptz 'epoch' + $5 * interval '1 microsecond', $6::bigint))
        /* conditions */
    order by at desc, id desc
    limit 10000
) latest
group by client, address, series, user_agent, method, host, path, status, counted_status
order by max(at) desc, max(id) desc
limit $7
