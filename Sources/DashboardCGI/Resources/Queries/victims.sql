-- The addresses whose requests a limit for everybody refused from $1 to $2, by its latest 10,000 events.
select host(address) as address, series, count(*) as blocked, extract(epoch from max(at))::bigint as last
from (
    select address, series, at
    from limiter.events
    where client = 'all' and at >= $1 and at < $2 and ($3::integer[] is null or series = any ($3))
        and address is not null
    order by at desc
    limit 10000) latest
group by address, series
order by blocked desc, address
limit 50
