-- What limiters decided, for the dashboard, /metrics, and operators with psql.
--
-- Times come from the limiters' clocks. Hours and days are in UTC.
-- Every request that a policy decided, or whose client is banned, is counted exactly once in each of decisions_10s,
-- decisions_1h, clients_10s, clients_1h and clients_1d, so all of them have equal sums over equal hours.
-- Requests that no rule counts are in none of them.

-- What became of a request. Migration 3 names this type and its columns `outcome`.
create type limiter.verdict as enum (
    'allowed',         -- every policy allowed it
    'blocked',         -- an enforced policy refused it, or its client is banned
    'shadow_blocked',  -- let through, although a shadow policy would have refused it
    'failed'           -- the store did not decide; decisions_10s.passed says whether it was let through
);

-- Requests are counted by series. A request belongs to its governing policy: the policy that refuses it, else the shadow
-- policy that would refuse it, else the policy with the smallest share of its limit left.
create table limiter.series (
    id integer generated always as identity primary key,
    endpoint text not null,   -- the rule's label: its name or path; * for banned clients
    policy text not null,     -- the policy's name; banned for banned clients
    algorithm text not null,  -- sliding_window or token_bucket; list for banned clients
    unique (endpoint, policy, algorithm)
);

-- One row for every 10 seconds, series and outcome that had requests.
create table limiter.decisions_10s (
    at timestamptz not null,       -- the beginning of the 10 seconds
    series integer not null,       -- limiter.series.id
    verdict limiter.verdict not null,
    requests bigint not null,
    passed bigint not null,        -- requests that were let through: all allowed and shadow-blocked, no blocked ones
    limit_sum bigint not null,     -- sum of the policy's limit; the average is limit_sum / requests. 0 where failed
    remaining_sum bigint not null, -- sum of the remaining units
    latency bigint[] not null,     -- histogram of decision times, see limiter.latency_bounds. All 0 where banned
    primary key (at, series, verdict)
) partition by range (at);

-- The same by hour: `at` is its beginning. Written together with decisions_10s, so always up to date.
create table limiter.decisions_1h (like limiter.decisions_10s including all) partition by range (at);

-- Requests by client. The heaviest clients are listed by name, all others together as `other`, so sums are exact.
-- The numbers of a client are lower bounds: with very many clients, some of its requests may be counted as `other`.
create table limiter.clients_10s (
    at timestamptz not null,
    client text not null,      -- an identity such as address=203.0.113.9; hashed=… if names are not recorded; other
    series integer not null,
    allowed bigint not null,   -- outcomes allowed and shadow_blocked
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

-- Blocked requests in detail, at most the first hundred per second and process.
create sequence limiter.event_id;
create table limiter.events (
    at timestamptz not null,
    id bigint not null default nextval('limiter.event_id'),  -- grows in the order in which events are written
    client text not null,
    address inet,          -- null if clients are recorded hashed
    series integer not null,
    retry_after bigint,    -- microseconds; null if waiting does not help: banned, or a cost above the limit
    user_agent text,
    primary key (at, id)
) partition by range (at);
create index on limiter.events (client, at);
create index on limiter.events (series, at);

-- Every limiter process that has written, in the state of its last batch. `seen` is this server's clock.
create table limiter.processes (
    recorder uuid primary key,        -- a new one at each start
    sequence bigint not null,         -- number of the last batch written, so that each batch counts once
    host text not null,
    pid integer not null,
    mode text not null,               -- serve, cgi for a process of one request, or ended for one that was stopped
    version text not null,
    started timestamptz not null,
    seen timestamptz not null,
    store text not null,              -- embedded, redis
    store_state text not null,        -- up, or one line that says what is wrong
    loops integer not null,
    connections integer not null,     -- connections from web servers
    clients text not null,            -- how clients are recorded: plain or hashed
    backlog bigint not null,          -- batches that were still waiting to be written
    spooled bigint not null,          -- bytes of those batches in the spool
    events_dropped bigint not null,   -- blocked requests without a row in events
    store_errors bigint not null      -- batches of requests that the store did not decide
);
create index on limiter.processes (seen);

-- When limiter.maintain last ran, and the time of the oldest late row that it has not trimmed yet.
create table limiter.maintenance (
    id boolean primary key default true check (id),  -- restricts the table to one row
    at timestamptz not null,
    late_from timestamptz
);
insert into limiter.maintenance (at) values ('epoch');
