-- Blocked requests from $1 to $2, by the hour of the day.
select extract(hour from at at time zone 'UTC')::integer as hour, limiter.saturated(sum(requests)) as blocked
from limiter.decisions_1h
where at >= $1 and at < $2 and ($3::integer[] is null or series = any ($3)) and outcome = 'blocked'
group by 1
