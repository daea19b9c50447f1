-- Requests by series and outcome, and decisions by the used share of the limit: less than a tenth, up to two tenths, …, all of it.
select series, outcome::text, limiter.saturated(sum(requests)) as requests,
    limiter.saturated(sum(limit_sum)) as limit_sum, limiter.saturated(sum(remaining_sum)) as remaining_sum,
    array[
        limiter.saturated(sum(use[1])), limiter.saturated(sum(use[2])), limiter.saturated(sum(use[3])),
        limiter.saturated(sum(use[4])), limiter.saturated(sum(use[5])), limiter.saturated(sum(use[6])),
        limiter.saturated(sum(use[7])), limiter.saturated(sum(use[8])), limiter.saturated(sum(use[9])),
        limiter.saturated(sum(use[10])), limiter.saturated(sum(use[11]))
    ] as histogram
from decisions
where $5::integer[] is null or series = any ($5)
group by series, outcome
