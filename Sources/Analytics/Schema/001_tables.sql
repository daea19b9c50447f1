-- What limiters decided, for everyone who wants to ask: the dashboard, /metrics, an operator with psql.
--
-- Times are the limiters' clocks. Hours and days are those of UTC.
-- Each request that met a policy, or whose client is banned, is counted exactly once:
-- in decisions_10s, in decisions_1h, and in each of clients_10s, clients_1h and clients_1d. So the sums of any of these
-- over the same hours are the same numbers. Requests that no rule counts are in none of them.

-- What became of a request.
create type limiter.verdict as enum (
    'allowed',         -- every policy allowed it
    'blocked',         -- an enforced policy refused it, or its client is banned
    'shadow_blocked',  -- let through, but a shadow policy would have refused it
    'failed'           -- the store gave no verdict: see decisions_10s.passed for what it was answered
);

-- By what requests are counted. A request is counted under its governing policy: the one that refuses it, else the shadow
-- policy that would, else the one with the smallest share of its limit left.
create table limiter.series (
    id integer generated always as identity primary key,
    endpoint text not null,   -- the rule's label: its path, or its name; * for the clients that are banned everywhere
    policy text not null,     -- the policy's name; for banned clients: banned
    algorithm text not null,  -- sliding_window, token_bucket; for banned clients: list
    unique (endpoint, policy, algorithm)
);

-- The upper ends, in microseconds, of the buckets of decisions_*.latency; a further bucket is for what took longer.
-- latency[i] counts the decisions that took longer than bound i - 1 and at most bound i. It is not cumulative.
create function limiter.latency_bounds() returns bigint[] language sql immutable parallel safe as $$
    select array(select 1::bigint << i from generate_series(0, 20) i order by i)
$$;

-- Element by element; for many rows sum(latency[1]), sum(latency[2]), … is much faster than this and limiter.sum.
create function limiter.add(a bigint[], b bigint[]) returns bigint[] language sql immutable strict parallel safe as $$
    select array(select x + y from unnest(a, b) with ordinality u (x, y, i) order by i)
$$;

create aggregate limiter.sum(bigint[]) (sfunc = limiter.add, stype = bigint[], parallel = safe);

-- One row for each 10 seconds that had requests.
create table limiter.decisions_10s (
    at timestamptz not null,       -- when the 10 seconds began
    series integer not null,       -- limiter.series.id
    verdict limiter.verdict not null,
    requests bigint not null,
    passed bigint not null,        -- of these, let through: all of the allowed and shadow-blocked, none of the blocked
    limit_sum bigint not null,     -- the policy's limit, summed; the average is limit_sum / requests. 0 where failed
    remaining_sum bigint not null, -- what was left, summed
    latency bigint[] not null,     -- how long the store took to decide: see limiter.latency_bounds. All 0 where banned
    primary key (at, series, verdict)
) partition by range (at);

-- The same by the hour: `at` is when it began. It is written together with decisions_10s, so it is never behind.
create table limiter.decisions_1h (like limiter.decisions_10s including all) partition by range (at);

-- Who was counted. Those who ask most are kept by name; all others together are the client named other, so sums are exact.
-- A client's own numbers are what is known for sure: under very many clients some of its requests may be in other.
create table limiter.clients_10s (
    at timestamptz not null,
    client text not null,      -- an identity, as address=203.0.113.9; where names are not recorded hashed=…; other
    series integer not null,
    allowed bigint not null,   -- the verdicts allowed and shadow_blocked
    blocked bigint not null,
    failed bigint not null,
    primary key (at, client, series)
) partition by range (at);
create index on limiter.clients_10s (client, at);

create table limiter.clients_1h (like limiter.clients_10s including all) partition by range (at);

create table limiter.clients_1d (
    like limiter.clients_10s including all,
    first_seen timestamptz not null,  -- within the day, to 10 seconds
    last_seen timestamptz not null
) partition by range (at);

-- Requests that were blocked, in detail; of very many in one second only the first hundred a process.
create sequence limiter.event_id;
create table limiter.events (
    at timestamptz not null,
    id bigint not null default nextval('limiter.event_id'),  -- grows in the order in which events were written
    client text not null,
    address inet,          -- null where clients are recorded hashed
    series integer not null,
    retry_after bigint,    -- microseconds; null where waiting does not help: banned, or a cost above the limit
    user_agent text,
    primary key (at, id)
) partition by range (at);
create index on limiter.events (client, at);
create index on limiter.events (series, at);

-- Each limiter process that has written, as it was when it last did. `seen` is this server's clock.
create table limiter.processes (
    recorder uuid primary key,        -- another one with each start
    sequence bigint not null,         -- the last batch that is written: what makes each batch count once
    host text not null,
    pid integer not null,
    mode text not null,               -- serve, or cgi for a process of one request
    version text not null,
    started timestamptz not null,
    seen timestamptz not null,
    store text not null,              -- embedded, redis
    store_state text not null,        -- up, or one line on what is wrong
    loops integer not null,
    connections integer not null,     -- from web servers
    clients text not null,            -- how clients are recorded: plain or hashed
    backlog bigint not null,          -- batches that were not written yet
    spooled bigint not null,          -- their bytes in the spool
    events_dropped bigint not null,   -- blocked requests that got no row in events
    store_errors bigint not null      -- batches of requests that the store did not decide
);
create index on limiter.processes (seen);

-- When the last look after partitions was, and the oldest rows that have come late and are not trimmed yet.
create table limiter.maintenance (
    id boolean primary key default true check (id),  -- one row alone
    at timestamptz not null,
    late_from timestamptz
);
insert into limiter.maintenance (at) values ('epoch');
