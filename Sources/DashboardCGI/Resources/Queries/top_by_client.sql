-- At most $10 clients with the most requests, or with the most blocked ones if $9; those in the series $8 are banned.
select client as value, limiter.saturated(sum(allowed)) as allowed,
    limiter.saturated(coalesce(sum(blocked) filter (where series <> all ($8::integer[])), 0)) as over_limit,
    limiter.saturated(coalesce(sum(blocked) filter (where series = any ($8::integer[])), 0)) as banned,
    limiter.saturated(sum(failed)) as failed
from counts
where ($7::integer[] is null or series = any ($7)) and ($11::text is null or client = $11) and client <> 'other'
group by client
order by case when $9::boolean then sum(blocked) else sum(allowed) + sum(blocked) + sum(failed) end desc, client
limit $10
