-- The database itself.
select current_setting('server_version'), pg_database_size(current_database()),
    (select max(number) from limiter.migrations), (select extract(epoch from min(at))::bigint from limiter.decisions_1h)
