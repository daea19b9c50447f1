-- The functions of the schema. Whenever the schema's number rises, this file runs again as a whole.
--
-- Limiters call write, maintain and last_hour, which run with the rights of their owner: the calling role needs no right
-- to any table. Their search_path is fixed, so that objects of the caller cannot replace PostgreSQL's own.

-- Keys of advisory locks, which all programs of a database share. Migrations.swift uses 7237004911.
create or replace function limiter.partition_lock() returns bigint language sql immutable as 'select 7237004912';
create or replace function limiter.maintenance_lock() returns bigint language sql immutable as 'select 7237004913';
-- Shared by writers. Exclusive for maintenance, which locks the rows of many clients in an order of its own.
create or replace function limiter.client_rows_lock() returns bigint language sql immutable as 'select 7237004914';

-- A number limited to the range of bigint: outside of the range, the nearest bound.
create or replace function limiter.saturated(x numeric) returns bigint language sql immutable parallel safe as $$
    select case when x > 9223372036854775807 then 9223372036854775807
        when x < -9223372036854775808 then -9223372036854775808 else x end::bigint
$$;

create or replace function limiter.add(a bigint, b bigint) returns bigint language sql immutable parallel safe as $$
    select limiter.saturated(a::numeric + b)
$$;

-- Element by element. For many rows, sum(latency[1]), sum(latency[2]), … is much faster than this and limiter.sum.
create or replace function limiter.add(a bigint[], b bigint[]) returns bigint[]
language sql immutable strict parallel safe as $$
    select array(select limiter.add(x, y) from unnest(a, b) with ordinality u (x, y, i) order by i)
$$;

create or replace aggregate limiter.sum(bigint[]) (sfunc = limiter.add, stype = bigint[], parallel = safe);

-- Upper bounds, in microseconds, of the buckets of decisions_*.latency; the last bucket has none.
-- latency[i] counts decisions that took longer than bound i - 1 and at most bound i. Buckets are not cumulative.
create or replace function limiter.latency_bounds() returns bigint[] language sql immutable parallel safe as $$
    select array(select 1::bigint << i from generate_series(0, 20) i order by i)
$$;

-- The tables that have a partition for each day.
create or replace function limiter.partitioned() returns text[] language sql immutable as $$
    select '{decisions_10s,decisions_1h,clients_10s,clients_1h,clients_1d,events,values_10s,values_1h,values_1d,units_10s,units_1h}'
        ::text[]
$$;

-- Creates the partitions of a UTC day that do not exist yet.
create or replace function limiter.ensure_day(day date) returns void language plpgsql as $$
declare
    parent text;
    child text;
begin
    -- The partitions of a day are created in the order of the list.
    if to_regclass(format('limiter.units_1h_%s', to_char(day, 'YYYYMMDD'))) is not null then return; end if;
    perform pg_advisory_xact_lock(limiter.partition_lock());
    foreach parent in array limiter.partitioned() loop
        child := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
        continue when to_regclass('limiter.' || child) is not null;
        -- Attaching an existing table, unlike creating a partition, blocks no reader or writer of the other partitions.
        -- The fill factor leaves room to update rows in place, which happens once per second while they are current.
        execute format('create table limiter.%I (like limiter.%I including all) with (fillfactor = 70)', child, parent);
        execute format('alter table limiter.%I attach partition limiter.%I for values from (%L) to (%L)', parent, child,
            day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
    end loop;
end $$;

-- Writes the batches of one recorder, and skips those that were written before.
--
-- A batch is {"recorder": uuid, "sequence": n, "taken": microseconds since 1970, "process": {host, pid, …},
-- "series": [[endpoint, policy, algorithm], …],
-- "decisions": [[at, series, outcome, requests, passed, limit_sum, remaining_sum, [latency…], latency_sum, [use…]], …],
-- "clients": [[at, client, series, allowed, blocked, failed, peak], …],
-- "values": [[at, dimension, value, series, allowed, blocked, failed, peak], …],
-- "units": [[at, policy, charged, refunded, corrected], …],
-- "events": [[at, client, address, series, retry_after, user_agent, method, host, path, status, counted_status], …],
-- "annotations": [[at, kind, text], …]}.
-- A series is given by its index, from 0, in the batch's own list. `at` is in seconds since 1970, for events and annotations in
-- microseconds. Batches of older limiters, which may still be in a spool, have no latency_sum (before migration 3), no use,
-- peak, values, annotations and details from method on (before migration 4), and no units and counted_status (before migration 7).
--
-- `sent` is the time of this call in microseconds, by the clock of "taken". Returns the number of the last batch written.
create or replace function limiter.write(batches jsonb, sent bigint) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    -- The batches that are not written yet, and the last of them.
    fresh jsonb;
    newest jsonb;
    writer uuid := batches #>> '{0,recorder}';
    written bigint;
    oldest timestamptz;
begin
    perform pg_advisory_xact_lock_shared(limiter.client_rows_lock());
    insert into limiter.processes
        select writer, 0, '', 0, '', '', now(), 'epoch', '', '', 0, 0, '', 0, 0, 0, 0
        on conflict do nothing;
    -- Concurrent writers of this recorder wait here.
    select sequence into written from limiter.processes where recorder = writer for update;
    select jsonb_agg(b order by (b->>'sequence')::bigint) into fresh
        from jsonb_array_elements(batches) b where (b->>'sequence')::bigint > written;
    if fresh is null then return written; end if;
    newest := fresh->-1;

    -- Checked first, because an insertion that conflicts uses up an id.
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
        select distinct (to_timestamp((r->>0)::bigint) at time zone 'UTC')::date
            from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'units') r
        union
        select distinct (to_timestamp((r->>0)::bigint / 1e6) at time zone 'UTC')::date
            from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'events') r
        order by day
    ) days;

    insert into limiter.annotations (at, kind, host, text)
        select to_timestamp((r->>0)::bigint / 1e6), r->>1, b#>>'{process,host}', r->>2
        from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'annotations') r;

    insert into limiter.events (at, client, address, series, retry_after, user_agent, method, host, path, status,
            counted_status)
        select to_timestamp((r->>0)::bigint / 1e6), r->>1, (r->>2)::inet, n.id, (r->>4)::bigint, r->>5, r->>6, r->>7, r->>8,
            (r->>9)::smallint, (r->>10)::smallint
        from jsonb_array_elements(fresh) with ordinality b (b, i),
            jsonb_array_elements(b->'events') with ordinality r (r, j),
            lateral (select b->'series'->(r->>3)::integer as s) s
            join limiter.series n on (n.endpoint, n.policy, n.algorithm) = (s->>0, s->>1, s->>2)
        order by i, j;

    -- Rows are locked in the order of their keys, so that writers cannot deadlock. The rows that all writers share come
    -- last, to be locked for the shortest time.
    with rows as materialized (
        select to_timestamp((r->>0)::bigint) as at, r->>1 as client, n.id as series,
            limiter.saturated(sum((r->>3)::bigint)) as allowed,
            limiter.saturated(sum((r->>4)::bigint)) as blocked,
            limiter.saturated(sum((r->>5)::bigint)) as failed, max(coalesce((r->>6)::smallint, 0)) as peak
        from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'clients') r,
            lateral (select b->'series'->(r->>2)::integer as s) s
            join limiter.series n on (n.endpoint, n.policy, n.algorithm) = (s->>0, s->>1, s->>2)
        group by 1, 2, 3
    ), by_10s as (
        insert into limiter.clients_10s as t (at, client, series, allowed, blocked, failed, peak)
            select * from rows order by at, client, series
        on conflict (at, client, series) do update set
            allowed = limiter.add(t.allowed, excluded.allowed),
            blocked = limiter.add(t.blocked, excluded.blocked),
            failed = limiter.add(t.failed, excluded.failed), peak = greatest(t.peak, excluded.peak)
    ), by_hour as (
        insert into limiter.clients_1h as t (at, client, series, allowed, blocked, failed, peak)
            select date_trunc('hour', at, 'UTC'), client, series, limiter.saturated(sum(allowed)),
                limiter.saturated(sum(blocked)), limiter.saturated(sum(failed)), max(peak)
            from rows group by 1, 2, 3 order by 1, 2, 3
        on conflict (at, client, series) do update set
            allowed = limiter.add(t.allowed, excluded.allowed),
            blocked = limiter.add(t.blocked, excluded.blocked),
            failed = limiter.add(t.failed, excluded.failed), peak = greatest(t.peak, excluded.peak)
    )
    insert into limiter.clients_1d as t (at, client, series, allowed, blocked, failed, first_seen, last_seen, peak)
        select date_trunc('day', at, 'UTC'), client, series, limiter.saturated(sum(allowed)),
            limiter.saturated(sum(blocked)), limiter.saturated(sum(failed)), min(at), max(at), max(peak)
        from rows group by 1, 2, 3 order by 1, 2, 3
    on conflict (at, client, series) do update set
        allowed = limiter.add(t.allowed, excluded.allowed),
        blocked = limiter.add(t.blocked, excluded.blocked),
        failed = limiter.add(t.failed, excluded.failed), peak = greatest(t.peak, excluded.peak),
        first_seen = least(t.first_seen, excluded.first_seen), last_seen = greatest(t.last_seen, excluded.last_seen);

    with rows as materialized (
        select (r->>1)::limiter.dimension as dimension, to_timestamp((r->>0)::bigint) as at, r->>2 as value, n.id as series,
            limiter.saturated(sum((r->>4)::bigint)) as allowed,
            limiter.saturated(sum((r->>5)::bigint)) as blocked,
            limiter.saturated(sum((r->>6)::bigint)) as failed
        from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'values') r,
            lateral (select b->'series'->(r->>3)::integer as s) s
            join limiter.series n on (n.endpoint, n.policy, n.algorithm) = (s->>0, s->>1, s->>2)
        group by 1, 2, 3, 4
    ), by_10s as (
        insert into limiter.values_10s as t (dimension, at, value, series, allowed, blocked, failed)
            select * from rows order by dimension, at, value, series
        on conflict (dimension, at, value, series) do update set
            allowed = limiter.add(t.allowed, excluded.allowed),
            blocked = limiter.add(t.blocked, excluded.blocked),
            failed = limiter.add(t.failed, excluded.failed)
    ), by_hour as (
        insert into limiter.values_1h as t (dimension, at, value, series, allowed, blocked, failed)
            select dimension, date_trunc('hour', at, 'UTC'), value, series, limiter.saturated(sum(allowed)),
                limiter.saturated(sum(blocked)), limiter.saturated(sum(failed))
            from rows group by 1, 2, 3, 4 order by 1, 2, 3, 4
        on conflict (dimension, at, value, series) do update set
            allowed = limiter.add(t.allowed, excluded.allowed),
            blocked = limiter.add(t.blocked, excluded.blocked),
            failed = limiter.add(t.failed, excluded.failed)
    )
    insert into limiter.values_1d as t (dimension, at, value, series, allowed, blocked, failed)
        select dimension, date_trunc('day', at, 'UTC'), value, series, limiter.saturated(sum(allowed)),
            limiter.saturated(sum(blocked)), limiter.saturated(sum(failed))
        from rows group by 1, 2, 3, 4 order by 1, 2, 3, 4
    on conflict (dimension, at, value, series) do update set
        allowed = limiter.add(t.allowed, excluded.allowed),
        blocked = limiter.add(t.blocked, excluded.blocked),
        failed = limiter.add(t.failed, excluded.failed);

    with rows as materialized (
        select to_timestamp((r->>0)::bigint) as at, r->>1 as policy,
            limiter.saturated(sum((r->>2)::bigint)) as charged,
            limiter.saturated(sum((r->>3)::bigint)) as refunded,
            limiter.saturated(sum((r->>4)::bigint)) as corrected
        from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'units') r
        group by 1, 2
    ), by_10s as (
        insert into limiter.units_10s as t (at, policy, charged, refunded, corrected)
            select * from rows order by at, policy
        on conflict (at, policy) do update set
            charged = limiter.add(t.charged, excluded.charged),
            refunded = limiter.add(t.refunded, excluded.refunded),
            corrected = limiter.add(t.corrected, excluded.corrected)
    )
    insert into limiter.units_1h as t (at, policy, charged, refunded, corrected)
        select date_trunc('hour', at, 'UTC'), policy, limiter.saturated(sum(charged)), limiter.saturated(sum(refunded)),
            limiter.saturated(sum(corrected))
        from rows group by 1, 2 order by 1, 2
    on conflict (at, policy) do update set
        charged = limiter.add(t.charged, excluded.charged),
        refunded = limiter.add(t.refunded, excluded.refunded),
        corrected = limiter.add(t.corrected, excluded.corrected);

    with rows as materialized (
        select to_timestamp((r->>0)::bigint) as at, n.id as series, (r->>2)::limiter.outcome as outcome,
            limiter.saturated(sum((r->>3)::bigint)) as requests,
            limiter.saturated(sum((r->>4)::bigint)) as passed,
            limiter.saturated(sum((r->>5)::bigint)) as limit_sum,
            limiter.saturated(sum((r->>6)::bigint)) as remaining_sum,
            limiter.sum(array(select l::bigint from jsonb_array_elements_text(r->7) with ordinality x (l, i) order by i))
                as latency,
            limiter.saturated(sum(coalesce((r->>8)::bigint, 0))) as latency_sum,
            limiter.sum(case when r->9 is null then array_fill(0::bigint, '{11}')
                else array(select l::bigint from jsonb_array_elements_text(r->9) with ordinality x (l, i) order by i) end) as use
        from jsonb_array_elements(fresh) b, jsonb_array_elements(b->'decisions') r,
            lateral (select b->'series'->(r->>1)::integer as s) s
            join limiter.series n on (n.endpoint, n.policy, n.algorithm) = (s->>0, s->>1, s->>2)
        group by 1, 2, 3
    ), by_10s as (
        insert into limiter.decisions_10s as t
                (at, series, outcome, requests, passed, limit_sum, remaining_sum, latency, latency_sum, use)
            select * from rows order by at, series, outcome
        on conflict (at, series, outcome) do update set
            requests = limiter.add(t.requests, excluded.requests),
            passed = limiter.add(t.passed, excluded.passed),
            limit_sum = limiter.add(t.limit_sum, excluded.limit_sum),
            remaining_sum = limiter.add(t.remaining_sum, excluded.remaining_sum),
            latency = limiter.add(t.latency, excluded.latency),
            latency_sum = limiter.add(t.latency_sum, excluded.latency_sum), use = limiter.add(t.use, excluded.use)
    ), by_hour as (
        insert into limiter.decisions_1h as t
                (at, series, outcome, requests, passed, limit_sum, remaining_sum, latency, latency_sum, use)
            select date_trunc('hour', at, 'UTC'), series, outcome, limiter.saturated(sum(requests)),
                limiter.saturated(sum(passed)), limiter.saturated(sum(limit_sum)), limiter.saturated(sum(remaining_sum)),
                limiter.sum(latency), limiter.saturated(sum(latency_sum)), limiter.sum(use)
            from rows group by 1, 2, 3 order by 1, 2, 3
        on conflict (at, series, outcome) do update set
            requests = limiter.add(t.requests, excluded.requests),
            passed = limiter.add(t.passed, excluded.passed),
            limit_sum = limiter.add(t.limit_sum, excluded.limit_sum),
            remaining_sum = limiter.add(t.remaining_sum, excluded.remaining_sum),
            latency = limiter.add(t.latency, excluded.latency),
            latency_sum = limiter.add(t.latency_sum, excluded.latency_sum), use = limiter.add(t.use, excluded.use)
    )
    select min(at) into oldest from rows;

    -- Late rows lie before those that maintenance trims every minute.
    if oldest < now() - interval '5 minutes' then
        update limiter.maintenance set late_from = least(late_from, oldest);
    end if;

    update limiter.processes set
        sequence = (newest->>'sequence')::bigint,
        seen = greatest(seen,
            now() - greatest(0, sent::numeric - (newest->>'taken')::bigint)::double precision * interval '1 microsecond'),
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

-- Keeps, for each interval of a clients table since `since`, the `most` clients with the most blocked requests and the
-- `most` with the most requests. Rows of all others are merged into the client `other`, so sums do not change.
create or replace function limiter.trim_clients(tab text, since timestamptz, most integer) returns void
language plpgsql as $$
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
                row_number() over (partition by at order by allowed::numeric + blocked + failed desc, client, series)
                    as by_all
            from limiter.%1$I where at >= $1 and client <> 'other'
        ), light as (
            select at, client, series from ranked where by_blocked > $2 and by_all > $2
        ), removed as (
            delete from limiter.%1$I t using light l
            where (t.at, t.client, t.series) = (l.at, l.client, l.series) and t.at >= $1
            returning t.*
        )
        insert into limiter.%1$I as t (at, client, series, allowed, blocked, failed %2$s)
            select at, 'other', series, limiter.saturated(sum(allowed)), limiter.saturated(sum(blocked)),
                limiter.saturated(sum(failed)) %3$s
            from removed group by at, series order by at, series
        on conflict (at, client, series) do update set
            allowed = limiter.add(t.allowed, excluded.allowed),
            blocked = limiter.add(t.blocked, excluded.blocked),
            failed = limiter.add(t.failed, excluded.failed) %4$s
        $q$, tab, seen_columns, seen_sums, seen_merge) using since, most;
end $$;

-- Keeps, for each dimension and interval of a values table since `since`, the `most` values with the most blocked requests and
-- the `most` with the most requests.
create or replace function limiter.trim_values(tab text, since timestamptz, most integer) returns void
language plpgsql as $$
begin
    execute format($q$
        with ranked as (
            select dimension, at, value, series,
                row_number() over (partition by dimension, at order by blocked desc, allowed desc, value, series) as by_blocked,
                row_number() over (
                    partition by dimension, at order by allowed::numeric + blocked + failed desc, value, series) as by_all
            -- All dimensions by name, so that the primary key finds the rows.
            from limiter.%1$I where dimension = any (enum_range(null::limiter.dimension)) and at >= $1
        )
        delete from limiter.%1$I t using ranked r
        where (t.dimension, t.at, t.value, t.series) = (r.dimension, r.at, r.value, r.series) and t.at >= $1
            and r.by_blocked > $2 and r.by_all > $2
        $q$, tab) using since, most;
end $$;

-- Creates the partitions of the coming days, drops those older than the given numbers of days, and bounds the number of
-- clients and values in each interval. Any process may call this at any time: it runs once at a time and at most once per minute.
--
-- Returns whether this call did the work.
create or replace function limiter.maintain(days_10s integer, days_events integer, days_rollups integer)
returns boolean language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    today date := (now() at time zone 'UTC')::date;
    since timestamptz;
    old record;
begin
    if not pg_try_advisory_xact_lock(limiter.maintenance_lock()) then return false; end if;
    -- A time ahead of now() by less than 55 seconds belongs to a transaction that began later and came first.
    update limiter.maintenance set at = now()
        where at not between now() - interval '55 seconds' and now() + interval '55 seconds' returning late_from into since;
    if not found then return false; end if;

    -- Taken before any other lock, as in limiter.write.
    perform pg_advisory_xact_lock(limiter.client_rows_lock());
    perform limiter.ensure_day(today + i) from generate_series(0, 2) i;

    since := least(since, now() - interval '10 minutes');
    perform limiter.trim_clients('clients_10s', since, 100);
    perform limiter.trim_clients('clients_1h', date_trunc('hour', since, 'UTC'), 500);
    perform limiter.trim_clients('clients_1d', date_trunc('day', since, 'UTC'), 500);
    perform limiter.trim_values('values_10s', since, 200);
    perform limiter.trim_values('values_1h', date_trunc('hour', since, 'UTC'), 500);
    perform limiter.trim_values('values_1d', date_trunc('day', since, 'UTC'), 500);
    update limiter.maintenance set late_from = null where late_from is not null;

    -- Dropping a partition locks its table for a moment. One that is in use for longer is left for the next run.
    set local lock_timeout = '200ms';
    for old in
        select c.relname as child from pg_inherits i
            join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
            join pg_namespace n on n.oid = p.relnamespace
        where n.nspname = 'limiter' and p.relname = any (limiter.partitioned())
            and to_date(right(c.relname, 8), 'YYYYMMDD') < today - case
                when p.relname in ('decisions_10s', 'clients_10s', 'values_10s', 'units_10s') then days_10s
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

    delete from limiter.annotations where at < now() - days_rollups * interval '1 day';
    delete from limiter.processes where seen < now() - case mode when 'cgi' then interval '1 day' else interval '30 days' end;
    return true;
end $$;

-- The requests of the last hour, over all limiters.
create or replace function limiter.last_hour() returns table (endpoint text, outcome limiter.outcome, requests bigint)
language sql stable security definer set search_path = pg_catalog, pg_temp as $$
    select s.endpoint, d.outcome, limiter.saturated(sum(d.requests))
    from limiter.decisions_10s d join limiter.series s on s.id = d.series
    where d.at > now() - interval '1 hour' group by 1, 2
$$;

-- Adds a row to the audit trail, and returns its number. `until`, the end of an override, is in microseconds since 1970.
create or replace function limiter.record_action(actor text, via text, action text, client text, policy text,
    "limit" bigint, reason text, until bigint, ended text[])
returns bigint language sql security definer set search_path = pg_catalog, pg_temp as $$
    insert into limiter.audit (actor, via, action, client, policy, "limit", reason, until, ended)
        values (actor, via, action, client, policy, "limit", reason,
            'epoch'::timestamptz + until * interval '1 microsecond', ended)
        returning id
$$;

-- Without this, every role that may use the schema, such as a reader, could write.
revoke execute on function limiter.write(jsonb, bigint), limiter.maintain(integer, integer, integer), limiter.last_hour(),
    limiter.record_action(text, text, text, text, text, bigint, text, bigint, text[])
    from public;
