-- Requests by series and outcome.
select series, outcome::text, limiter.saturated(sum(requests)) as requests
from decisions
where $5::integer[] is null or series = any ($5)
group by series, outcome
