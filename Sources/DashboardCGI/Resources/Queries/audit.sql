select id, extract(epoch from at)::bigint as at, actor, via, action, client, policy, "limit", reason,
    extract(epoch from until)::bigint as until, array_to_string(ended, E'\n') as ended
from limiter.audit
where ($1::text is null or client = $1) and ($2::bigint is null or id = $2)
order by id desc
limit 500
