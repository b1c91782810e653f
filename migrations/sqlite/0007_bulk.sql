-- SQLite. Its twin with the same number is in ../postgres.
-- Runs that ask for the same in many tenants: what was chosen, and what became of each.

-- What a person chose, kept here between looking at it and asking for it.
create table bulk_selections (
  workspace_id blob not null references workspaces (id),
  id blob primary key,
  user_id blob not null references users (id) on delete cascade,
  type text not null,
  created_at integer not null,
  -- The run that was asked for with it: a selection is used once.
  run_id blob references operation_runs (id),
  unique (workspace_id, id)
) strict;
create index bulk_selections_by_user on bulk_selections (user_id, created_at);

-- A chosen tenant, and what the gate would have said of it then.
create table bulk_selection_items (
  workspace_id blob not null,
  scope_id blob not null,
  selection_id blob not null,
  position integer not null,
  reason_code text,
  reason_detail text,
  primary key (selection_id, scope_id),
  foreign key (workspace_id, scope_id) references tenants (workspace_id, id),
  foreign key (workspace_id, selection_id) references bulk_selections (workspace_id, id) on delete cascade
) strict;

-- One tenant of a bulk run. What became of it is told by the run it names, unless `outcome` says otherwise:
-- then no run was asked for, or the one that is named is not this bulk's.
create table bulk_items (
  workspace_id blob not null,
  scope_id blob not null,
  parent_id blob not null,
  parent_scope_id blob not null generated always as (workspace_id) stored,
  position integer not null,
  run_id blob,
  outcome text check (outcome in ('skipped', 'blocked')),
  reason_code text,
  updated_at integer not null,
  primary key (parent_id, scope_id),
  foreign key (workspace_id, scope_id) references tenants (workspace_id, id),
  -- The parent is the workspace's own run.
  foreign key (workspace_id, parent_scope_id, parent_id) references operation_runs (workspace_id, scope_id, id),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  check ((outcome is null) = (reason_code is null))
) strict;
create index bulk_items_waiting on bulk_items (parent_id, position) where run_id is null and outcome is null;

-- The foreign keys that keep tenants apart, once more for connections that did not ask for them.
create trigger bulk_selection_items_owned before insert on bulk_selection_items
when not exists (select 1 from tenants t where t.workspace_id = new.workspace_id and t.id = new.scope_id)
  or not exists (
    select 1 from bulk_selections s where s.workspace_id = new.workspace_id and s.id = new.selection_id)
begin
  select raise(abort, 'the tenant is not of this workspace');
end;
create trigger bulk_items_owned before insert on bulk_items
when not exists (select 1 from tenants t where t.workspace_id = new.workspace_id and t.id = new.scope_id)
  or not exists (
    select 1 from operation_runs r
    where r.workspace_id = new.workspace_id and r.scope_id = new.workspace_id and r.id = new.parent_id)
begin
  select raise(abort, 'the tenant is not of this workspace');
end;
-- What became of an item is written once, and its run is one of its own tenant.
create trigger bulk_items_once before update on bulk_items
when old.run_id is not null or old.outcome is not null
  or new.workspace_id <> old.workspace_id or new.scope_id <> old.scope_id or new.parent_id <> old.parent_id
  or (new.run_id is not null and not exists (
    select 1 from operation_runs r
    where r.workspace_id = new.workspace_id and r.scope_id = new.scope_id and r.id = new.run_id))
begin
  select raise(abort, 'what became of an item is written once');
end;
