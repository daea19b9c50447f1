-- The oldest counts that are kept.
select extract(epoch from (select min(at) from limiter.decisions_10s))::bigint as fine,
    extract(epoch from (select min(at) from limiter.decisions_1h))::bigint as hours
