-- Fills the limiter's tables with :days days of generated traffic up to now: about :rows 10-second rows with their rollups,
-- blocked requests and clients. For benchmarks, in a database of its own.
--
--     psql -v days=90 -v rows=10000000 -f bench/dashboard.sql
--
-- The numbers are pseudo-random and the same in every run.
\set ON_ERROR_STOP on
\if :{?days}
\else
\set days 90
\endif
\if :{?rows}
\else
\set rows 10000000
\endif
set client_min_messages = warning;
set max_parallel_workers_per_gather = 0;
set synchronous_commit = off;
set work_mem = '256MB';
set timezone = 'UTC';

select limiter.ensure_day(current_date - i) from generate_series(0, :days) i \g /dev/null

insert into limiter.series (endpoint, policy, algorithm) values
    ('/api/data', 'data', 'sliding_window'), ('/api/search', 'search', 'token_bucket'),
    ('/api/upload', 'upload', 'sliding_window'), ('/api/login', 'login', 'sliding_window'),
    ('/api/export', 'export', 'token_bucket'), ('/api/**', 'burst', 'token_bucket')
on conflict do nothing;

-- A pseudo-random number from 0 to 1, derived from two numbers.
create or replace function pg_temp.noise(a bigint, b bigint) returns double precision language sql immutable parallel safe as
    $$ select (hashint8(a * 1000003 + b) & 16777215) / 16777215.0 $$;

-- The share of traffic by the hour of the day: a quiet night and a busy afternoon.
create or replace function pg_temp.tide(at timestamptz) returns double precision language sql immutable parallel safe as
    $$ select 1.2 - cos((extract(hour from at) + extract(minute from at) / 60 - 4) / 24 * 2 * pi()) $$;

create temporary table kind as
    select id as series, row_number() over (order by id) as n, (algorithm = 'token_bucket') as is_bucket from limiter.series;

-- Decisions of some series in every 10 seconds, allowed and blocked: two thirds of the rows.
insert into limiter.decisions_10s
select at, series, outcome::limiter.outcome, requests, case outcome when 'blocked' then 0 else requests end,
    requests * 30, case outcome when 'blocked' then 0 else requests * 12 end, latency
from (
    select at, series, outcome,
        greatest(1, round(pg_temp.tide(at) * case outcome when 'allowed' then 40.0 / n else 6.0 / n end
            * (0.5 + pg_temp.noise(extract(epoch from at)::bigint, series * 7 + length(outcome)))))::bigint as requests,
        -- Most decisions take 16 to 64 microseconds, a few far more.
        array_fill(0::bigint, array[4]) || array[1, 8, 14, 6, 2, 1, 0, 0, 1]::bigint[] || array_fill(0::bigint, array[9])
            as latency
    from generate_series(date_trunc('hour', now()) - make_interval(days => :days), now(), interval '10 seconds') at, kind,
        (values ('allowed'), ('blocked')) v (outcome)
    where at >= (current_date - :days + 1)::timestamptz
        and pg_temp.noise(extract(epoch from at)::bigint, series * 13 + length(outcome))
            < :rows * 0.667 / (:days * 8640.0 * 12)
) rows;

insert into limiter.decisions_1h
select date_trunc('hour', at), series, outcome, sum(requests), sum(passed), sum(limit_sum), sum(remaining_sum),
    array[sum(latency[1]), sum(latency[2]), sum(latency[3]), sum(latency[4]), sum(latency[5]), sum(latency[6]),
        sum(latency[7]), sum(latency[8]), sum(latency[9]), sum(latency[10]), sum(latency[11]), sum(latency[12]),
        sum(latency[13]), sum(latency[14]), sum(latency[15]), sum(latency[16]), sum(latency[17]), sum(latency[18]),
        sum(latency[19]), sum(latency[20]), sum(latency[21]), sum(latency[22])]::bigint[]
from limiter.decisions_10s group by 1, 2, 3;

-- Some of 2,000 clients in every 10 seconds. The first ones send most requests and are blocked most.
insert into limiter.clients_10s
select at, client, series, sum(allowed), sum(blocked), 0, 16 * max(allowed) from (
    select at, 'api_key=client-' || lpad((1999 * pow(pg_temp.noise(extract(epoch from at)::bigint, i), 3))::integer::text, 4, '0')
            as client,
        (select series from kind where n = 1 + i % 6) as series,
        1 + (5 * pg_temp.noise(extract(epoch from at)::bigint, i * 3 + 1))::bigint as allowed,
        greatest(0, (8 * pg_temp.noise(extract(epoch from at)::bigint, i * 5 + 2) - 4)::bigint) as blocked
    from generate_series(date_trunc('hour', now()) - make_interval(days => :days), now(), interval '10 seconds') at,
        generate_series(1, greatest(1, round(:rows * 0.3 / (:days * 8640.0))::integer)) i
    where at >= (current_date - :days + 1)::timestamptz
) rows group by 1, 2, 3;

insert into limiter.clients_1h
select date_trunc('hour', at), client, series, sum(allowed), sum(blocked), 0, max(peak) from limiter.clients_10s group by 1, 2, 3;

insert into limiter.clients_1d
select date_trunc('day', at), client, series, sum(allowed), sum(blocked), 0, min(at), max(at), max(peak)
from limiter.clients_10s group by 1, 2, 3;

-- Some of the values of each dimension in every 10 seconds.
insert into limiter.values_10s
select at, dimension, value, series, sum(allowed), sum(blocked), 0 from (
    select at, dimension, dimension || '-' || (1999 * pow(pg_temp.noise(extract(epoch from at)::bigint, i), 3))::integer as value,
        (select series from kind where n = 1 + i % 6) as series,
        1 + (5 * pg_temp.noise(extract(epoch from at)::bigint, i * 3 + 1))::bigint as allowed,
        greatest(0, (8 * pg_temp.noise(extract(epoch from at)::bigint, i * 5 + 2) - 4)::bigint) as blocked
    from generate_series(date_trunc('hour', now()) - make_interval(days => :days), now(), interval '10 seconds') at,
        unnest(enum_range(null::limiter.dimension)) dimension,
        generate_series(1, greatest(1, round(:rows * 0.1 / (:days * 8640.0))::integer)) i
    where at >= (current_date - :days + 1)::timestamptz
) rows group by 1, 2, 3, 4;

insert into limiter.values_1h
select date_trunc('hour', at), dimension, value, series, sum(allowed), sum(blocked), 0 from limiter.values_10s group by 1, 2, 3, 4;

insert into limiter.values_1d
select date_trunc('day', at), dimension, value, series, sum(allowed), sum(blocked), 0 from limiter.values_10s group by 1, 2, 3, 4;

-- The maintenance that limiters also run.
select limiter.trim_clients(tab, '-infinity', most)
from (values ('clients_10s', 100), ('clients_1h', 500), ('clients_1d', 500)) t (tab, most) \g /dev/null

select limiter.trim_values(tab, '-infinity', most)
from (values ('values_10s', 200), ('values_1h', 500), ('values_1d', 500)) t (tab, most) \g /dev/null

-- Blocked requests in detail: 3 percent of the rows, one in ten refused by a limit for everybody.
insert into limiter.events (at, client, address, series, retry_after, user_agent, method, host, path, status)
select now() - make_interval(secs => i * :days * 86400.0 / (:rows * 0.033)),
    case when i % 10 = 0 then 'all' else 'api_key=client-' || lpad((1999 * pow(pg_temp.noise(i, 1), 3))::integer::text, 4, '0') end,
    ('203.0.113.' || i % 256)::inet, (select series from kind where n = 1 + i % 6),
    (60000000 * pg_temp.noise(i, 2))::bigint, 'curl/7.88.1', 'GET', 'example.org', '/api/' || i % 100, 429
from generate_series(1, (:rows * 0.033)::bigint) i
where now() - make_interval(secs => i * :days * 86400.0 / (:rows * 0.033)) >= (current_date - :days + 1)::timestamptz;

-- Operators who act every quarter of an hour.
insert into limiter.audit (at, actor, via, action, client, reason, until, ended)
select at, 'alice', 'dashboard', 'ban', 'address=203.0.113.9', 'scrapes the catalogue', at + interval '10 minutes', '{}'
from generate_series(now() - make_interval(days => :days), now(), interval '15 minutes') at;

insert into limiter.processes
select gen_random_uuid(), 1, 'web-' || i, 1000 + i, 'serve', '0.1.0', now() - interval '3 days', now(), 'embedded', 'up', 2,
    12 * i, 'plain', 0, 0, 0, 0
from generate_series(1, 3) i;

vacuum analyze;

select 'decisions_10s' as "table", count(*) from limiter.decisions_10s
union all select 'decisions_1h', count(*) from limiter.decisions_1h
union all select 'clients_10s', count(*) from limiter.clients_10s
union all select 'clients_1h', count(*) from limiter.clients_1h
union all select 'clients_1d', count(*) from limiter.clients_1d
union all select 'values_10s', count(*) from limiter.values_10s
union all select 'values_1h', count(*) from limiter.values_1h
union all select 'values_1d', count(*) from limiter.values_1d
union all select 'events', count(*) from limiter.events;
