-- Those who were blocked most from $1 to $2.
select client, sum(allowed)::bigint, sum(blocked)::bigint, sum(failed)::bigint
from limiter.clients
where at >= $1 and at < $2 and ($3::integer[] is null or series = any ($3)) and ($4::text is null or client = $4)
    and client <> 'other'
group by client
having sum(blocked) > 0
order by 3 desc, 1
limit 50
