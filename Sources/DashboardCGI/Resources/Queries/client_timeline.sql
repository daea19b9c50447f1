-- One client's requests from $1 to $2, in bars of $3 seconds.
select extract(epoch from date_bin(make_interval(secs => $3), at, 'epoch'))::bigint as bar,
    limiter.saturated(sum(allowed)) as allowed, limiter.saturated(sum(blocked)) as blocked, limiter.saturated(sum(failed)) as failed
from limiter.clients
where client = $5 and at >= $1 and at < $2 and ($4::integer[] is null or series = any ($4))
group by 1
