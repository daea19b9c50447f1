-- The clients that have used most of a limit and were not refused by it.
select client, series, max(peak) as peak, limiter.saturated(sum(allowed)) as allowed
from counts
where ($7::integer[] is null or series = any ($7)) and ($8::text is null or client = $8) and client <> 'other'
group by client, series
having max(peak) >= 80 and sum(blocked) = 0
order by max(peak) desc, sum(allowed) desc, client
limit 50
