-- The limiters that wrote within the last minute.
select host, pid, version, extract(epoch from started)::bigint as started,
    extract(epoch from now() - seen)::double precision as silence,
    store, store_state, loops, connections, clients, backlog, spooled, events_dropped, store_errors
from limiter.processes
where seen > now() - interval '1 minute'
order by host, pid, started
limit 200
