-- The first and the last request of each of these clients, over all days that are kept.
select c.client, extract(epoch from f.first_seen)::bigint as first_seen,
    extract(epoch from l.last_seen)::bigint as last_seen
from unnest($1::text[]) c (client)
    -- The scans start at the oldest and at the latest day: the first row that they find is enough.
    cross join lateral (
        select min(first_seen) as first_seen from limiter.clients_1d d
        where d.client = c.client
            and d.at = (select at from limiter.clients_1d o where o.client = c.client order by at limit 1)) f
    cross join lateral (
        select max(last_seen) as last_seen from limiter.clients_1d d
        where d.client = c.client
            and d.at = (select at from limiter.clients_1d o where o.client = c.client order by at desc limit 1)) l
where f.first_seen is not null
