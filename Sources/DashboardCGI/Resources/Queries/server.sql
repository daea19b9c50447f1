-- The database server and what it keeps. A standby lags by the age of the last transaction that it has replayed, but not if it
-- is connected and has replayed all that it received: then its primary is idle.
select current_setting('server_version') as version, pg_database_size(current_database()) as size,
    (select max(number) from limiter.migrations) as schema,
    (select extract(epoch from min(at))::bigint from limiter.decisions_1h) as oldest,
    pg_is_in_recovery() as is_standby,
    case when not pg_is_in_recovery() then null
        when pg_last_wal_replay_lsn() >= pg_last_wal_receive_lsn() and exists (select from pg_stat_wal_receiver) then 0
        else extract(epoch from now() - pg_last_xact_replay_timestamp()) end as lag
