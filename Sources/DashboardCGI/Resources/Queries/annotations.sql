-- What happened to the limiters from $1 to $2: the latest 200.
select (extract(epoch from at) * 1000000)::bigint as time, kind, host, text
from limiter.annotations
where at >= $1 and at < $2
order by at desc, id desc
limit 200
