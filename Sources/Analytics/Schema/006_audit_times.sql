-- Charts mark what operators did.
create index on limiter.audit (at);

-- Roles that may read what happened to the limiters may read what operators did, too.
do $$ declare reader record; begin
    for reader in
        select grantee from information_schema.role_table_grants
        where table_schema = 'limiter' and table_name = 'annotations' and privilege_type = 'SELECT' and grantee <> current_user
    loop
        execute format('grant select on limiter.audit to %s',
            case when reader.grantee = 'PUBLIC' then 'public' else quote_ident(reader.grantee) end);
    end loop;
end $$;
