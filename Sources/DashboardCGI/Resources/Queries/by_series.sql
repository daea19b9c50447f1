-- Requests by series and outcome, from $1 to $2 and, in the columns named before, from $3 to $1.
select series, outcome::text,
    limiter.saturated(coalesce(sum(requests) filter (where at >= $1), 0)) as requests,
    limiter.saturated(coalesce(sum(requests) filter (where at < $1), 0)) as requests_before,
    limiter.saturated(coalesce(sum(limit_sum) filter (where at >= $1), 0)) as limit_sum,
    limiter.saturated(coalesce(sum(remaining_sum) filter (where at >= $1), 0)) as remaining_sum,
    array[
        limiter.saturated(sum(latency[1]) filter (where at >= $1)), limiter.saturated(sum(latency[2]) filter (where at >= $1)),
        limiter.saturated(sum(latency[3]) filter (where at >= $1)), limiter.saturated(sum(latency[4]) filter (where at >= $1)),
        limiter.saturated(sum(latency[5]) filter (where at >= $1)), limiter.saturated(sum(latency[6]) filter (where at >= $1)),
        limiter.saturated(sum(latency[7]) filter (where at >= $1)), limiter.saturated(sum(latency[8]) filter (where at >= $1)),
        limiter.saturated(sum(latency[9]) filter (where at >= $1)), limiter.saturated(sum(latency[10]) filter (where at >= $1)),
        limiter.saturated(sum(latency[11]) filter (where at >= $1)), limiter.saturated(sum(latency[12]) filter (where at >= $1)),
        limiter.saturated(sum(latency[13]) filter (where at >= $1)), limiter.saturated(sum(latency[14]) filter (where at >= $1)),
        limiter.saturated(sum(latency[15]) filter (where at >= $1)), limiter.saturated(sum(latency[16]) filter (where at >= $1)),
        limiter.saturated(sum(latency[17]) filter (where at >= $1)), limiter.saturated(sum(latency[18]) filter (where at >= $1)),
        limiter.saturated(sum(latency[19]) filter (where at >= $1)), limiter.saturated(sum(latency[20]) filter (where at >= $1)),
        limiter.saturated(sum(latency[21]) filter (where at >= $1)), limiter.saturated(sum(latency[22]) filter (where at >= $1))
    ] as latency
from limiter.decisions
where at >= $3 and at < $2 and ($4::integer[] is null or series = any ($4))
group by series, outcome
