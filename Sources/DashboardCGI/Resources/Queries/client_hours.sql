-- One client's blocked requests from $1 to $2, by the hour of the day.
select extract(hour from at at time zone 'UTC')::integer as hour, limiter.saturated(sum(blocked)) as blocked
from limiter.clients_1h
where client = $4 and at >= $1 and at < $2 and ($3::integer[] is null or series = any ($3))
group by 1
