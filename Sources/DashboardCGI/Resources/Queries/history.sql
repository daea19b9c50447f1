-- The oldest counts that are kept.
select extract(epoch from (select at from limiter.decisions_10s order by at limit 1))::bigint as fine,
    extract(epoch from (select at from limiter.decisions_1h order by at limit 1))::bigint as hours
