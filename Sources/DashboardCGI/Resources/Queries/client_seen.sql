-- When each of these clients was seen first and last, to its first and last day, of all that is kept.
select c.client, extract(epoch from f.first_seen)::bigint, extract(epoch from l.last_seen)::bigint
from unnest($1::text[]) c (client)
    -- From the oldest day on, and from the latest back: the first row that is found is enough.
    cross join lateral (
        select min(first_seen) as first_seen from limiter.clients_1d d
        where d.client = c.client
            and d.at = (select at from limiter.clients_1d o where o.client = c.client order by at limit 1)) f
    cross join lateral (
        select max(last_seen) as last_seen from limiter.clients_1d d
        where d.client = c.client
            and d.at = (select at from limiter.clients_1d o where o.client = c.client order by at desc limit 1)) l
where f.first_seen is not null
