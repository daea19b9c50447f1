-- What limiters call: they write and look after the tables by these alone.

-- The tables with a partition for each day.
create function limiter.partitioned() returns text[] language sql immutable as $$
    select '{decisions_10s,decisions_1h,clients_10s,clients_1h,clients_1d,events}'::text[]
$$;

-- Makes the partitions of a day (of UTC), unless they are there.
create function limiter.ensure_day(day date) returns void language plpgsql as $$
declare
    parent text;
    child text;
begin
    if to_regclass(format('limiter.events_%s', to_char(day, 'YYYYMMDD'))) is not null then return; end if;
    perform pg_advisory_xact_lock(7237004912);
    foreach parent in array limiter.partitioned() loop
        child := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
        continue when to_regclass('limiter.' || child) is not null;
        -- Attached rather than made as a partition: that keeps nobody from reading and writing the others.
        -- Rows are changed in place, once a second while their time lasts, so pages keep room for that.
        execute format('create table limiter.%I (like limiter.%I including all) with (fillfactor = 70)', child, parent);
        execute format('alter table limiter.%I attach partition limiter.%I for values from (%L) to (%L)', parent, child,
            day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
    end loop;
end $$;

-- Writes batches of one recorder, each once: those that are written already are passed over.
--
-- A batch is {"recorder": uuid, "sequence": n, "taken": microseconds since 1970, "process": {host, pid, …},
-- "series": [[endpoint, policy, algorithm], …],
-- "decisions": [[at, series, verdict, requests, passed, limit_sum, remaining_sum, [latency…]], …],
-- "clients": [[at, client, series, allowed, blocked, failed], …],
-- "events": [[at, client, address, series, retry_after, user_agent], …]}.
-- A series there is its place in the batch's own list; `at` is in whole seconds since 1970, and of events in microseconds.
--
-- `sent` is when this is asked, in microseconds by the same clock. Returns the number of the last batch that is written now.
create function limiter.write(batches jsonb, sent bigint) returns bigint language plpgsql as $$
declare
    -- A batch and its rows: what of `batches` is not written yet.
    fresh jsonb;
    newest jsonb;
    writer uuid := batches #>> '{0,recorder}';
    written bigint;
    oldest timestamptz;
begin
    -- Writers go side by side; what moves rows of many clients (limiter.maintain) waits for them and they for it, because it
    -- locks rows in an order of its own.
    perform pg_advisory_xact_lock_shared(7237004914);
    insert into limiter.processes
        select writer, 0, '', 0, '', '', now(), 'epoch', '', '', 0, 0, '', 0, 0, 0, 0
        on conflict do nothing;
    -- Whoever else writes for this recorder waits here.
    select sequence into written from limiter.processes where recorder = writer for update;
    select jsonb_agg(b order by (b->>'sequence')::bigint) into fresh
        from jsonb_array_elements(batches) b where (b->>'sequence')::bigint > written;
    if fresh is null then return written; end if;
    newest := fresh->-1;

    -- Looked for first: an insertion that conflicts uses up a number.
    insert into limiter.series (endpoint, policy, algorithm)
        select distinct s->>0, s->>1, s->>2 from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'series') s
        where not exists (
            select from limiter.series n where (n.endpoint, n.policy, n.algorithm) = (s->>0, s->>1, s->>2))
        order by 1, 2, 3
        on conflict do nothing;

    perform limiter.ensure_day(day) from (
        select distinct (to_timestamp((r->>0)::bigint) at time zone 'UTC')::date as day
            from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'decisions') r
        union
        select distinct (to_timestamp((r->>0)::bigint / 1e6) at time zone 'UTC')::date
            from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'events') r
        order by day
    ) days;

    insert into limiter.events (at, client, address, series, retry_after, user_agent)
        select to_timestamp((r->>0)::bigint / 1e6), r->>1, (r->>2)::inet, n.id, (r->>4)::bigint, r->>5
        from jsonb_array_elements(fresh) with ordinality b (b, i),
            jsonb_array_elements(b->'events') with ordinality r (r, j),
            lateral (select b->'series'->(r->>3)::integer as s) s
            join limiter.series n on (n.endpoint, n.policy, n.algorithm) = (s->>0, s->>1, s->>2)
        order by i, j;

    -- In each table rows are locked in the order of their keys, so that writers wait for one another and never in a ring.
    -- The rows that all writers share come last: they are held for the shortest time.
    with rows as materialized (
        select to_timestamp((r->>0)::bigint) as at, r->>1 as client, n.id as series,
            sum((r->>3)::bigint) as allowed, sum((r->>4)::bigint) as blocked, sum((r->>5)::bigint) as failed
        from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'clients') r,
            lateral (select b->'series'->(r->>2)::integer as s) s
            join limiter.series n on (n.endpoint, n.policy, n.algorithm) = (s->>0, s->>1, s->>2)
        group by 1, 2, 3
    ), by_10s as (
        insert into limiter.clients_10s as t (at, client, series, allowed, blocked, failed)
            select * from rows order by at, client, series
        on conflict (at, client, series) do update set
            allowed = t.allowed + excluded.allowed, blocked = t.blocked + excluded.blocked,
            failed = t.failed + excluded.failed
    ), by_hour as (
        insert into limiter.clients_1h as t (at, client, series, allowed, blocked, failed)
            select date_trunc('hour', at, 'UTC'), client, series, sum(allowed), sum(blocked), sum(failed)
            from rows group by 1, 2, 3 order by 1, 2, 3
        on conflict (at, client, series) do update set
            allowed = t.allowed + excluded.allowed, blocked = t.blocked + excluded.blocked,
            failed = t.failed + excluded.failed
    )
    insert into limiter.clients_1d as t (at, client, series, allowed, blocked, failed, first_seen, last_seen)
        select date_trunc('day', at, 'UTC'), client, series, sum(allowed), sum(blocked), sum(failed), min(at), max(at)
        from rows group by 1, 2, 3 order by 1, 2, 3
    on conflict (at, client, series) do update set
        allowed = t.allowed + excluded.allowed, blocked = t.blocked + excluded.blocked,
        failed = t.failed + excluded.failed,
        first_seen = least(t.first_seen, excluded.first_seen), last_seen = greatest(t.last_seen, excluded.last_seen);

    with rows as materialized (
        select to_timestamp((r->>0)::bigint) as at, n.id as series, (r->>2)::limiter.verdict as verdict,
            sum((r->>3)::bigint) as requests, sum((r->>4)::bigint) as passed,
            sum((r->>5)::bigint) as limit_sum, sum((r->>6)::bigint) as remaining_sum,
            limiter.sum(array(select l::bigint from jsonb_array_elements_text(r->7) with ordinality x (l, i) order by i))
                as latency
        from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'decisions') r,
            lateral (select b->'series'->(r->>1)::integer as s) s
            join limiter.series n on (n.endpoint, n.policy, n.algorithm) = (s->>0, s->>1, s->>2)
        group by 1, 2, 3
    ), by_10s as (
        insert into limiter.decisions_10s as t
            select * from rows order by at, series, verdict
        on conflict (at, series, verdict) do update set
            requests = t.requests + excluded.requests, passed = t.passed + excluded.passed,
            limit_sum = t.limit_sum + excluded.limit_sum, remaining_sum = t.remaining_sum + excluded.remaining_sum,
            latency = limiter.add(t.latency, excluded.latency)
    ), by_hour as (
        insert into limiter.decisions_1h as t
            select date_trunc('hour', at, 'UTC'), series, verdict, sum(requests), sum(passed), sum(limit_sum),
                sum(remaining_sum), limiter.sum(latency)
            from rows group by 1, 2, 3 order by 1, 2, 3
        on conflict (at, series, verdict) do update set
            requests = t.requests + excluded.requests, passed = t.passed + excluded.passed,
            limit_sum = t.limit_sum + excluded.limit_sum, remaining_sum = t.remaining_sum + excluded.remaining_sum,
            latency = limiter.add(t.latency, excluded.latency)
    )
    select min(at) into oldest from rows;

    -- What comes late lies before what is trimmed every minute.
    if oldest < now() - interval '5 minutes' then
        update limiter.maintenance set late_from = least(late_from, oldest);
    end if;

    update limiter.processes set
        sequence = (newest->>'sequence')::bigint,
        seen = greatest(seen, now() - greatest(0, sent - (newest->>'taken')::bigint) * interval '1 microsecond'),
        (host, pid, mode, version, started, store, store_state, loops, connections, clients, backlog, spooled,
            events_dropped, store_errors)
        = (select host, pid, mode, version, to_timestamp(started_seconds), store, store_state, loops, connections, clients,
            backlog, spooled, events_dropped, store_errors
            from jsonb_to_record(newest->'process') as p (
                host text, pid integer, mode text, version text, started_seconds bigint, store text, store_state text,
                loops integer, connections integer, clients text, backlog bigint, spooled bigint, events_dropped bigint,
                store_errors bigint))
        where recorder = writer;
    return (newest->>'sequence')::bigint;
end $$;

-- Keeps, of each interval of a clients table since `since`, the `most` heaviest by blocked and the `most` heaviest by all
-- requests; what it removes is added to the client other, so sums stay what they are.
create function limiter.trim_clients(tab text, since timestamptz, most integer) returns void language plpgsql as $$
declare
    seen_columns text := case when tab = 'clients_1d' then ', first_seen, last_seen' else '' end;
    seen_sums text := case when tab = 'clients_1d' then ', min(first_seen), max(last_seen)' else '' end;
    seen_merge text := case when tab = 'clients_1d' then
        ', first_seen = least(t.first_seen, excluded.first_seen), last_seen = greatest(t.last_seen, excluded.last_seen)'
        else '' end;
begin
    execute format($q$
        with ranked as (
            select at, client, series,
                row_number() over (partition by at order by blocked desc, allowed desc, client, series) as by_blocked,
                row_number() over (partition by at order by allowed + blocked + failed desc, client, series) as by_all
            from limiter.%1$I where at >= $1 and client <> 'other'
        ), light as (
            select at, client, series from ranked where by_blocked > $2 and by_all > $2
        ), removed as (
            delete from limiter.%1$I t using light l
            where (t.at, t.client, t.series) = (l.at, l.client, l.series) and t.at >= $1
            returning t.*
        )
        insert into limiter.%1$I as t (at, client, series, allowed, blocked, failed %2$s)
            select at, 'other', series, sum(allowed), sum(blocked), sum(failed) %3$s from removed
            group by at, series order by at, series
        on conflict (at, client, series) do update set
            allowed = t.allowed + excluded.allowed, blocked = t.blocked + excluded.blocked,
            failed = t.failed + excluded.failed %4$s
        $q$, tab, seen_columns, seen_sums, seen_merge) using since, most;
end $$;

-- Makes the partitions of the days to come, drops those that are older than so many days, and bounds the clients of each
-- interval. Any process may call it at any time: it is done by one at once, and not again within a minute.
--
-- Returns whether it was done now.
create function limiter.maintain(days_10s integer, days_events integer, days_rollups integer)
returns boolean language plpgsql as $$
declare
    today date := (now() at time zone 'UTC')::date;
    since timestamptz;
    old record;
begin
    if not pg_try_advisory_xact_lock(7237004913) then return false; end if;
    update limiter.maintenance set at = now() where at < now() - interval '55 seconds' or at > now() returning late_from
        into since;
    if not found then return false; end if;

    -- Before any other lock, as writers do.
    perform pg_advisory_xact_lock(7237004914);
    perform limiter.ensure_day(today + i) from generate_series(0, 2) i;

    since := least(since, now() - interval '10 minutes');
    perform limiter.trim_clients('clients_10s', since, 100);
    perform limiter.trim_clients('clients_1h', date_trunc('hour', since, 'UTC'), 500);
    perform limiter.trim_clients('clients_1d', date_trunc('day', since, 'UTC'), 500);
    update limiter.maintenance set late_from = null where late_from is not null;

    -- To drop a partition everybody must let go of the table for a moment. Where somebody does not, it is dropped later.
    set local lock_timeout = '200ms';
    for old in
        select c.relname as child from pg_inherits i
            join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
            join pg_namespace n on n.oid = p.relnamespace
        where n.nspname = 'limiter' and p.relname = any (limiter.partitioned())
            and to_date(right(c.relname, 8), 'YYYYMMDD') < today - case
                when p.relname in ('decisions_10s', 'clients_10s') then days_10s
                when p.relname = 'events' then days_events
                else days_rollups end
        order by 1
    loop
        begin
            execute format('drop table limiter.%I', old.child);
        exception when lock_not_available then
            null;
        end;
    end loop;

    delete from limiter.processes where seen < now() - case mode when 'cgi' then interval '1 day' else interval '30 days' end;
    return true;
end $$;
