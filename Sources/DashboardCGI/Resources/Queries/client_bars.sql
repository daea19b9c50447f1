-- Blocked requests of each of these clients, in bars of $9 seconds.
select client, extract(epoch from date_bin(make_interval(secs => $9), at, 'epoch'))::bigint as bar,
    limiter.saturated(sum(blocked)) as blocked
from counts join unnest($8::text[]) chosen (name) on client = name
where ($7::integer[] is null or series = any ($7)) and blocked > 0
group by 1, 2
