-- Units of the policies that depend on how requests end, by policy, from $1 to $2: those of hours from $3 to $4, and those of
-- 10 seconds before and after.
select policy, limiter.saturated(sum(charged)) as charged, limiter.saturated(sum(refunded)) as refunded,
    limiter.saturated(sum(corrected)) as corrected
from (
    select * from limiter.units_10s where at >= $1 and at < $3
    union all
    select * from limiter.units_1h where at >= $3 and at < $4
    union all
    select * from limiter.units_10s where at >= $4 and at < $2
) units
where $5::text is null or policy = $5
group by policy
order by policy
