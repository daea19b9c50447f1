-- The limiters that were seen within the last minute.
select host, pid, version, extract(epoch from started)::bigint, extract(epoch from now() - seen)::double precision,
    store, store_state, loops, connections, clients, backlog, spooled, events_dropped, store_errors
from limiter.processes
where seen > now() - interval '1 minute'
order by host, pid, started
limit 200
