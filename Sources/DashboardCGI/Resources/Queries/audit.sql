-- What operators did from $3 to $4: the latest $5.
select id, (extract(epoch from at) * 1000000)::bigint as time, actor, via, action, client, policy, "limit", reason,
    floor(extract(epoch from until))::bigint as until, array_to_string(ended, E'\n') as ended
from limiter.audit
where ($1::text is null or client = $1) and ($2::bigint is null or id = $2)
    and ($3::timestamptz is null or at >= $3) and ($4::timestamptz is null or at < $4)
order by at desc, id desc
limit $5
