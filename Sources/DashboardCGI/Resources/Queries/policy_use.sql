-- Decisions of each series by the used share of the limit: less than a tenth, up to two tenths, …, all of it.
select series,
    array[
        limiter.saturated(sum(use[1])), limiter.saturated(sum(use[2])), limiter.saturated(sum(use[3])),
        limiter.saturated(sum(use[4])), limiter.saturated(sum(use[5])), limiter.saturated(sum(use[6])),
        limiter.saturated(sum(use[7])), limiter.saturated(sum(use[8])), limiter.saturated(sum(use[9])),
        limiter.saturated(sum(use[10])), limiter.saturated(sum(use[11]))
    ] as use
from decisions
where $5::integer[] is null or series = any ($5)
group by series
