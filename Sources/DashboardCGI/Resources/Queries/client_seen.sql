-- The first and the last request of each of these clients, over all days that are kept.
select client, extract(epoch from first_seen)::bigint as first_seen, extract(epoch from last_seen)::bigint as last_seen
from (
    select c.client,
        (select first_seen from limiter.clients_1d d where d.client = c.client order by at, first_seen limit 1) as first_seen,
        (select last_seen from limiter.clients_1d d where d.client = c.client order by at desc, last_seen desc limit 1) as last_seen
    from unnest($1::text[]) c (client)
) seen
where first_seen is not null
