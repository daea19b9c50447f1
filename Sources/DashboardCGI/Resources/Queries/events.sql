-- The latest requests that were blocked from $1 to $2, older than event $5.
select id, extract(epoch from at)::double precision, client, host(address), series, retry_after, user_agent
from limiter.events
where at >= $1 and at < $2 and ($3::integer[] is null or series = any ($3)) and ($4::text is null or client = $4)
    and ($5::bigint is null or id < $5)
order by at desc, id desc
limit 100
