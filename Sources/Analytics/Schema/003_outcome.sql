-- What became of a request is its outcome, in the database as in /metrics and in the code.
-- Renaming a column of a partitioned table renames it in all partitions.
alter type limiter.verdict rename to outcome;
alter table limiter.decisions_10s rename column verdict to outcome;
alter table limiter.decisions_1h rename column verdict to outcome;

-- Microseconds that the decisions took, summed. A histogram alone only bounds an average.
alter table limiter.decisions_10s add column latency_sum bigint not null default 0;
alter table limiter.decisions_1h add column latency_sum bigint not null default 0;

-- Every limiter compares the schema's number with the one that it knows, whatever other rights its role has.
grant select on limiter.migrations to public;
