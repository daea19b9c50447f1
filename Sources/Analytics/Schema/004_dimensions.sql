-- What requests are ranked by besides the client that a rule counts.
create type limiter.dimension as enum (
    'address',    -- the address that the request came from; hashed=… if names are not recorded
    'network',    -- the first 24 bits of an IPv4 address, the first 64 of an IPv6 address; hashed=… as well
    'path',       -- in its normal form, without the query: its first 256 bytes
    'user_agent'  -- its first 256 bytes; empty if the client sent none
);

-- Requests by the values of each dimension. Only the heaviest values are listed: the sum over a dimension is at most that of
-- decisions_10s. The numbers of a value are lower bounds.
create table limiter.values_10s (
    at timestamptz not null,       -- the beginning of the 10 seconds
    dimension limiter.dimension not null,
    value text not null,
    series integer not null,       -- limiter.series.id
    allowed bigint not null,       -- outcomes allowed and shadow_blocked
    blocked bigint not null,
    failed bigint not null,
    primary key (dimension, at, value, series)
) partition by range (at);
create table limiter.values_1h (like limiter.values_10s including all) partition by range (at);
create table limiter.values_1d (like limiter.values_10s including all) partition by range (at);

-- The largest share of the governing policy's limit that a client had used, in percent; 0 in rows of `other`.
alter table limiter.clients_10s add column peak smallint not null default 0;
alter table limiter.clients_1h add column peak smallint not null default 0;
alter table limiter.clients_1d add column peak smallint not null default 0;

-- Decisions by the used share of the limit: use[1] less than a tenth, use[2] up to two tenths, … use[11] all of it.
alter table limiter.decisions_10s add column use bigint[] not null default '{0,0,0,0,0,0,0,0,0,0,0}';
alter table limiter.decisions_1h add column use bigint[] not null default '{0,0,0,0,0,0,0,0,0,0,0}';

-- What was requested, and how it was answered. Null in rows of limiters that are older than this migration.
alter table limiter.events add column method text;
alter table limiter.events add column host text;
alter table limiter.events add column path text;        -- in its normal form, without the query
alter table limiter.events add column status smallint;  -- 403 banned, 429 over a limit, 503 store failed; null if let through

-- What happened to the limiters themselves, for the charts.
create table limiter.annotations (
    id bigint generated always as identity primary key,
    at timestamptz not null,
    kind text not null,  -- start, stop, reload, store_down, store_up
    host text not null,
    text text not null   -- one line
);
create index on limiter.annotations (at);

-- Roles that may read the counts may read the new tables, too.
do $$ declare reader record; begin
    for reader in
        select grantee from information_schema.role_table_grants
        where table_schema = 'limiter' and table_name = 'clients_1h' and privilege_type = 'SELECT'
            and grantee <> current_user
    loop
        execute format(
            'grant select on limiter.values_10s, limiter.values_1h, limiter.values_1d, limiter.annotations to %s',
            case when reader.grantee = 'PUBLIC' then 'public' else quote_ident(reader.grantee) end);
    end loop;
end $$;
