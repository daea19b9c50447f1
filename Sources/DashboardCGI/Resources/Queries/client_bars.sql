-- Blocked requests of each of these clients from $1 to $2, in bars of $3 seconds.
select client, extract(epoch from date_bin(make_interval(secs => $3), at, 'epoch'))::bigint as bar,
    limiter.saturated(sum(blocked)) as blocked
from limiter.clients
where client = any ($5) and at >= $1 and at < $2 and ($4::integer[] is null or series = any ($4)) and blocked > 0
group by 1, 2
