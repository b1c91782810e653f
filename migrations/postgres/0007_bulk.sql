-- PostgreSQL. Its twin with the same number is in ../sqlite.
-- Runs that ask for the same in many tenants: what was chosen, and what became of each.

-- What a person chose, kept here between looking at it and asking for it.
create table bulk_selections (
  workspace_id uuid not null references workspaces (id),
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  type text not null,
  created_at bigint not null,
  -- The run that was asked for with it: a selection is used once.
  run_id uuid references operation_runs (id),
  unique (workspace_id, id)
);
create index bulk_selections_by_user on bulk_selections (user_id, created_at);

-- A chosen tenant, and what the gate would have said of it then.
create table bulk_selection_items (
  workspace_id uuid not null,
  scope_id uuid not null,
  selection_id uuid not null,
  position bigint not null,
  reason_code text,
  reason_detail text,
  primary key (selection_id, scope_id),
  foreign key (workspace_id, scope_id) references tenants (workspace_id, id),
  foreign key (workspace_id, selection_id) references bulk_selections (workspace_id, id) on delete cascade
);

-- One tenant of a bulk run. What became of it is told by the run it names, unless `outcome` says otherwise:
-- then no run was asked for, or the one that is named is not this bulk's.
create table bulk_items (
  workspace_id uuid not null,
  scope_id uuid not null,
  parent_id uuid not null,
  parent_scope_id uuid not null generated always as (workspace_id) stored,
  position bigint not null,
  run_id uuid,
  outcome text check (outcome in ('skipped', 'blocked')),
  reason_code text,
  updated_at bigint not null,
  primary key (parent_id, scope_id),
  foreign key (workspace_id, scope_id) references tenants (workspace_id, id),
  -- The parent is the workspace's own run.
  foreign key (workspace_id, parent_scope_id, parent_id) references operation_runs (workspace_id, scope_id, id),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  check ((outcome is null) = (reason_code is null))
);
create index bulk_items_waiting on bulk_items (parent_id, position) where run_id is null and outcome is null;

-- What became of an item is written once.
create function bulk_items_once() returns trigger language plpgsql as $$
begin
  if old.run_id is not null or old.outcome is not null
    or new.workspace_id <> old.workspace_id or new.scope_id <> old.scope_id or new.parent_id <> old.parent_id then
    raise exception 'what became of an item is written once' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger bulk_items_once before update on bulk_items for each row execute function bulk_items_once();
