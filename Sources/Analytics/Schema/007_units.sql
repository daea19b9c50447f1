-- Units of the policies that depend on how requests end: count_if, count_unless, cost, and limits at once.
create table limiter.units_10s (
    at timestamptz not null,    -- the beginning of the 10 seconds
    policy text not null,
    charged bigint not null,    -- taken when requests were let through; leased by limits at once
    refunded bigint not null,   -- given back when requests had ended; released by limits at once
    corrected bigint not null,  -- taken when requests had ended, because they cost more than they were charged
    primary key (at, policy)
) partition by range (at);
create table limiter.units_1h (like limiter.units_10s including all) partition by range (at);

-- The status of the client's latest earlier request that counted under the policy; null without count_if and count_unless, or if
-- the limiter knows no such request.
alter table limiter.events add column counted_status smallint;

-- Roles that may read the counts may read the new tables, too.
do $$ declare reader record; begin
    for reader in
        select grantee from information_schema.role_table_grants
        where table_schema = 'limiter' and table_name = 'clients_1h' and privilege_type = 'SELECT'
            and grantee <> current_user
    loop
        execute format('grant select on limiter.units_10s, limiter.units_1h to %s',
            case when reader.grantee = 'PUBLIC' then 'public' else quote_ident(reader.grantee) end);
    end loop;
end $$;
