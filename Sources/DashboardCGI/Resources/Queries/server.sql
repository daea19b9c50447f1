-- The database server and what it keeps.
select current_setting('server_version') as version, pg_database_size(current_database()) as size,
    (select max(number) from limiter.migrations) as schema,
    (select extract(epoch from min(at))::bigint from limiter.decisions_1h) as oldest
