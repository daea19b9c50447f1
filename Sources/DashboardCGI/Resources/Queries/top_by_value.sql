-- At most $6 values of the dimension $7 with the most requests from $1 to $2, or with the most blocked ones if $5; those in the
-- series $4 are of banned clients.
select value, limiter.saturated(sum(allowed)) as allowed, limiter.saturated(sum(blocked)) as blocked,
    limiter.saturated(coalesce(sum(blocked) filter (where series = any ($4::integer[])), 0)) as banned,
    limiter.saturated(sum(failed)) as failed
from limiter.values
where dimension = $7::limiter.dimension and at >= $1 and at < $2 and ($3::integer[] is null or series = any ($3))
group by value
order by case when $5::boolean then sum(blocked) else sum(allowed) + sum(blocked) + sum(failed) end desc, value
limit $6
