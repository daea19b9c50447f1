-- The counts from $1 to $2: those of hours from $3 to $4, and those of 10 seconds before and after.
with decisions as (
    select at, series, outcome, requests, passed, limit_sum, remaining_sum, use, latency
        from limiter.decisions_10s where at >= $1 and at < $3
    union all
    select at, series, outcome, requests, passed, limit_sum, remaining_sum, use, latency
        from limiter.decisions_1h where at >= $3 and at < $4
    union all
    select at, series, outcome, requests, passed, limit_sum, remaining_sum, use, latency
        from limiter.decisions_10s where at >= $4 and at < $2
)
