-- The counts in TABLE, by COLUMNS, from $1 to $2: those of days from $5 to $6, those of hours around them from $3 to $4, and those
-- of 10 seconds before and after.
with counts as (
    select at, COLUMNS, series, allowed, blocked, failed from limiter.TABLE_10s where at >= $1 and at < $3
    union all
    select at, COLUMNS, series, allowed, blocked, failed from limiter.TABLE_1h where at >= $3 and at < $5
    union all
    select at, COLUMNS, series, allowed, blocked, failed from limiter.TABLE_1d where at >= $5 and at < $6
    union all
    select at, COLUMNS, series, allowed, blocked, failed from limiter.TABLE_1h where at >= $6 and at < $4
    union all
    select at, COLUMNS, series, allowed, blocked, failed from limiter.TABLE_10s where at >= $4 and at < $2
)
