-- At most $10 values of the dimension $11 with the most requests, or with the most blocked ones if $9; those in the series $8 are
-- of banned clients.
select value, limiter.saturated(sum(allowed)) as allowed,
    limiter.saturated(coalesce(sum(blocked) filter (where series <> all ($8::integer[])), 0)) as over_limit,
    limiter.saturated(coalesce(sum(blocked) filter (where series = any ($8::integer[])), 0)) as banned,
    limiter.saturated(sum(failed)) as failed
from counts
where dimension = $11::limiter.dimension and ($7::integer[] is null or series = any ($7))
group by value
order by case when $9::boolean then sum(blocked) else sum(allowed) + sum(blocked) + sum(failed) end desc, value
limit $10
