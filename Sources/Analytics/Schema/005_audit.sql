-- What operators did. Rows are added by limiter.record_action and never changed, not even by the owner of the table.
create table limiter.audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    role text not null default session_user,  -- the database role that added the row
    actor text not null,                      -- who acted: the dashboard's user, or the user who ran a command
    via text not null,                        -- dashboard or command
    action text not null check (action in ('ban', 'exempt', 'limit', 'remove', 'reset')),
    client text not null,                     -- an identity such as address=203.0.113.9, or a network
    policy text,                              -- of a limit
    "limit" bigint,
    reason text not null,
    until timestamptz,                        -- when the override ends by itself, by the store's clock
    ended text[] not null                     -- the overrides that the action ended, in the form of the store
);
create index on limiter.audit (client, id);

create function limiter.refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of limiter.audit are added and never changed' using errcode = 'insufficient_privilege';
end $$;
create trigger only_added before update or delete or truncate on limiter.audit
    for each statement execute function limiter.refuse_change();
