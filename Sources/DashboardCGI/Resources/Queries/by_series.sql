-- Requests by series and outcome, from $1 to $2 and, in the columns named before, from $3 to $1.
select series, outcome::text,
    coalesce(sum(requests) filter (where at >= $1), 0)::bigint as requests,
    coalesce(sum(requests) filter (where at < $1), 0)::bigint as requests_before,
    coalesce(sum(limit_sum) filter (where at >= $1), 0)::bigint as limit_sum,
    coalesce(sum(remaining_sum) filter (where at >= $1), 0)::bigint as remaining_sum,
    array[
        sum(latency[1]) filter (where at >= $1), sum(latency[2]) filter (where at >= $1),
        sum(latency[3]) filter (where at >= $1), sum(latency[4]) filter (where at >= $1),
        sum(latency[5]) filter (where at >= $1), sum(latency[6]) filter (where at >= $1),
        sum(latency[7]) filter (where at >= $1), sum(latency[8]) filter (where at >= $1),
        sum(latency[9]) filter (where at >= $1), sum(latency[10]) filter (where at >= $1),
        sum(latency[11]) filter (where at >= $1), sum(latency[12]) filter (where at >= $1),
        sum(latency[13]) filter (where at >= $1), sum(latency[14]) filter (where at >= $1),
        sum(latency[15]) filter (where at >= $1), sum(latency[16]) filter (where at >= $1),
        sum(latency[17]) filter (where at >= $1), sum(latency[18]) filter (where at >= $1),
        sum(latency[19]) filter (where at >= $1), sum(latency[20]) filter (where at >= $1),
        sum(latency[21]) filter (where at >= $1), sum(latency[22]) filter (where at >= $1)
    ]::bigint[] as latency
from limiter.decisions
where at >= $3 and at < $2 and ($4::integer[] is null or series = any ($4))
group by series, outcome
