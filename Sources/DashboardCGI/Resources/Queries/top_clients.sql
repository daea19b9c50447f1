-- The clients with the most blocked requests.
select client, limiter.saturated(sum(allowed)) as allowed, limiter.saturated(sum(blocked)) as blocked,
    limiter.saturated(sum(failed)) as failed
from counts
where ($7::integer[] is null or series = any ($7)) and ($8::text is null or client = $8) and client <> 'other'
group by client
having sum(blocked) > 0
order by sum(blocked) desc, client
limit $9::double precision
