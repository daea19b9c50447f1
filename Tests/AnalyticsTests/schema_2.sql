-- The schema that limiters created before migration 3, with its functions.
create schema limiter;
create table limiter.migrations (number integer primary key, applied timestamptz not null default now());
create type limiter.verdict as enum (
    'allowed',
    'blocked',
    'shadow_blocked',
    'failed'
);
create table limiter.series (
    id integer generated always as identity primary key,
    endpoint text not null,
    policy text not null,
    algorithm text not null,
    unique (endpoint, policy, algorithm)
);
create function limiter.latency_bounds() returns bigint[] language sql immutable parallel safe as $$
    select array(select 1::bigint << i from generate_series(0, 20) i order by i)
$$;
create function limiter.add(a bigint[], b bigint[]) returns bigint[] language sql immutable strict parallel safe as $$
    select array(select x + y from unnest(a, b) with ordinality u (x, y, i) order by i)
$$;
create aggregate limiter.sum(bigint[]) (sfunc = limiter.add, stype = bigint[], parallel = safe);
create table limiter.decisions_10s (
    at timestamptz not null,
    series integer not null,
    verdict limiter.verdict not null,
    requests bigint not null,
    passed bigint not null,
    limit_sum bigint not null,
    remaining_sum bigint not null,
    latency bigint[] not null,
    primary key (at, series, verdict)
) partition by range (at);
create table limiter.decisions_1h (like limiter.decisions_10s including all) partition by range (at);
create table limiter.clients_10s (
    at timestamptz not null,
    client text not null,
    series integer not null,
    allowed bigint not null,
    blocked bigint not null,
    failed bigint not null,
    primary key (at, client, series)
) partition by range (at);
create index on limiter.clients_10s (client, at);
create table limiter.clients_1h (like limiter.clients_10s including all) partition by range (at);
create table limiter.clients_1d (
    like limiter.clients_10s including all,
    first_seen timestamptz not null,
    last_seen timestamptz not null
) partition by range (at);
create sequence limiter.event_id;
create table limiter.events (
    at timestamptz not null,
    id bigint not null default nextval('limiter.event_id'),
    client text not null,
    address inet,
    series integer not null,
    retry_after bigint,
    user_agent text,
    primary key (at, id)
) partition by range (at);
create index on limiter.events (client, at);
create index on limiter.events (series, at);
create table limiter.processes (
    recorder uuid primary key,
    sequence bigint not null,
    host text not null,
    pid integer not null,
    mode text not null,
    version text not null,
    started timestamptz not null,
    seen timestamptz not null,
    store text not null,
    store_state text not null,
    loops integer not null,
    connections integer not null,
    clients text not null,
    backlog bigint not null,
    spooled bigint not null,
    events_dropped bigint not null,
    store_errors bigint not null
);
create index on limiter.processes (seen);
create table limiter.maintenance (
    id boolean primary key default true check (id),
    at timestamptz not null,
    late_from timestamptz
);
insert into limiter.maintenance (at) values ('epoch');
create function limiter.partitioned() returns text[] language sql immutable as $$
    select '{decisions_10s,decisions_1h,clients_10s,clients_1h,clients_1d,events}'::text[]
$$;
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
        execute format('create table limiter.%I (like limiter.%I including all) with (fillfactor = 70)', child, parent);
        execute format('alter table limiter.%I attach partition limiter.%I for values from (%L) to (%L)', parent, child,
            day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
    end loop;
end $$;
create function limiter.write(batches jsonb, sent bigint) returns bigint language plpgsql as $$
declare
    fresh jsonb;
    newest jsonb;
    writer uuid := batches #>> '{0,recorder}';
    written bigint;
    oldest timestamptz;
begin
    perform pg_advisory_xact_lock_shared(7237004914);
    insert into limiter.processes
        select writer, 0, '', 0, '', '', now(), 'epoch', '', '', 0, 0, '', 0, 0, 0, 0
        on conflict do nothing;
    select sequence into written from limiter.processes where recorder = writer for update;
    select jsonb_agg(b order by (b->>'sequence')::bigint) into fresh
        from jsonb_array_elements(batches) b where (b->>'sequence')::bigint > written;
    if fresh is null then return written; end if;
    newest := fresh->-1;
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
    perform pg_advisory_xact_lock(7237004914);
    perform limiter.ensure_day(today + i) from generate_series(0, 2) i;
    since := least(since, now() - interval '10 minutes');
    perform limiter.trim_clients('clients_10s', since, 100);
    perform limiter.trim_clients('clients_1h', date_trunc('hour', since, 'UTC'), 500);
    perform limiter.trim_clients('clients_1d', date_trunc('day', since, 'UTC'), 500);
    update limiter.maintenance set late_from = null where late_from is not null;
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
insert into limiter.migrations (number) values (1), (2);
