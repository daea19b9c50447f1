-- The limiters that write, and those that no longer do. A silent one is listed for three days, or for one hour if it was stopped or
-- if another process of its host started later.
--
-- Limiters write at least every 5 seconds, and processes of one request only once.
with known as (
    select p.*, case
            when mode = 'ended' then 'ended'
            when mode = 'cgi' or seen > now() - interval '7500 milliseconds' then 'up'
            when exists (
                select from limiter.processes n
                where n.host = p.host and n.mode <> 'cgi' and n.seen > p.seen
                    and n.started >= date_trunc('second', p.seen) - interval '1 second') then 'replaced'
            else 'silent'
        end as life
    from limiter.processes p
    where seen > now() - interval '3 days'
)
select host, pid, version, life, extract(epoch from started)::bigint as started, extract(epoch from seen)::bigint as seen,
    extract(epoch from now() - seen)::double precision as silence,
    store, store_state, loops, connections, clients, backlog, spooled, events_dropped, store_errors
from known
where life = 'silent' or seen > now() - case mode when 'cgi' then interval '1 minute' else interval '1 hour' end
order by life <> 'silent', life <> 'up', host, pid, started
limit 200
