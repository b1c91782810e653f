-- PostgreSQL. Its twin with the same number is in ../sqlite.

-- Tenants are archived, and workspaces stay: what is written of them outlives what they were for.
create function owner_stays() returns trigger language plpgsql as $$
begin
  raise exception 'rows of % are never deleted', tg_table_name using errcode = 'check_violation';
end $$;
create trigger tenants_kept before delete on tenants for each row execute function owner_stays();
create trigger workspaces_kept before delete on workspaces for each row execute function owner_stays();
create trigger workspaces_named before update on workspaces for each row
  when (new.id <> old.id) execute function run_refused('a workspace does not change its id');

-- The same wall as the two foreign keys, asked once for each owner in a statement and not for each of its
-- entries, and without a lock on rows that every start locks: what it looks for never goes away (0028).
alter table audit_log drop constraint audit_log_workspace_id_tenant_id_fkey;
alter table audit_log drop constraint audit_log_workspace_id_fkey;
create function audit_log_owned() returns trigger language plpgsql as $$
begin
  if exists (
    select 1 from (select distinct workspace_id, tenant_id from added) a
    where not exists (select 1 from workspaces w where w.id = a.workspace_id)
      or (a.tenant_id is not null
        and not exists (select 1 from tenants t where t.workspace_id = a.workspace_id and t.id = a.tenant_id))) then
    raise exception 'an audit entry is of a workspace that there is, and of a tenant of it'
      using errcode = 'foreign_key_violation';
  end if;
  return null;
end $$;
create trigger audit_log_owned after insert on audit_log referencing new table as added
  for each statement execute function audit_log_owned();
