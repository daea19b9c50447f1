-- The clients with the most blocked requests from $1 to $2.
select client, limiter.saturated(sum(allowed)) as allowed, limiter.saturated(sum(blocked)) as blocked, limiter.saturated(sum(failed)) as failed
from limiter.clients
where at >= $1 and at < $2 and ($3::integer[] is null or series = any ($3)) and ($4::text is null or client = $4)
    and client <> 'other'
group by client
having sum(blocked) > 0
order by sum(blocked) desc, client
limit 50
