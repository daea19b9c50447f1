-- When each of these clients was seen first and last, of all that is kept.
select client, extract(epoch from min(first_seen))::bigint, extract(epoch from max(last_seen))::bigint
from limiter.clients_1d
where client = any ($1)
group by client
