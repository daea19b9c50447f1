-- Blocked requests of each of these clients, in bars of $9 seconds.
select client, extract(epoch from date_bin(make_interval(secs => $9), at, 'epoch'))::bigint as bar,
    limiter.saturated(sum(blocked)) as blocked
from counts
where ($7::integer[] is null or series = any ($7)) and client = any ($8) and blocked > 0
group by 1, 2
