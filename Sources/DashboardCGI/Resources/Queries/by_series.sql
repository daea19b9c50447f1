-- Requests by series and outcome, and decisions by the time that they took.
select series, outcome::text, limiter.saturated(sum(requests)) as requests,
    limiter.saturated(sum(limit_sum)) as limit_sum, limiter.saturated(sum(remaining_sum)) as remaining_sum,
    array[
        limiter.saturated(sum(latency[1])), limiter.saturated(sum(latency[2])),
        limiter.saturated(sum(latency[3])), limiter.saturated(sum(latency[4])),
        limiter.saturated(sum(latency[5])), limiter.saturated(sum(latency[6])),
        limiter.saturated(sum(latency[7])), limiter.saturated(sum(latency[8])),
        limiter.saturated(sum(latency[9])), limiter.saturated(sum(latency[10])),
        limiter.saturated(sum(latency[11])), limiter.saturated(sum(latency[12])),
        limiter.saturated(sum(latency[13])), limiter.saturated(sum(latency[14])),
        limiter.saturated(sum(latency[15])), limiter.saturated(sum(latency[16])),
        limiter.saturated(sum(latency[17])), limiter.saturated(sum(latency[18])),
        limiter.saturated(sum(latency[19])), limiter.saturated(sum(latency[20])),
        limiter.saturated(sum(latency[21])), limiter.saturated(sum(latency[22]))
    ] as histogram
from decisions
where $5::integer[] is null or series = any ($5)
group by series, outcome
