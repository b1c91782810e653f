-- SQLite. Its twin with the same number is in ../postgres.

create table workspaces (
  id blob primary key,
  name text not null check (length(name) between 1 and 200),
  created_at integer not null
) strict;

create table users (
  id blob primary key,
  email text not null unique,
  display_name text not null,
  password_hash text not null,
  disabled_at integer,
  version integer not null,
  created_at integer not null
) strict;

create table workspace_memberships (
  workspace_id blob not null references workspaces (id),
  user_id blob not null references users (id) on delete cascade,
  role text not null,
  version integer not null,
  created_at integer not null,
  primary key (workspace_id, user_id)
) strict;
create index workspace_memberships_user on workspace_memberships (user_id);

create table tenants (
  workspace_id blob not null references workspaces (id),
  id blob primary key,
  scope_id blob not null generated always as (id) stored,
  name text not null check (length(name) between 1 and 200),
  entra_tenant_id text,
  lifecycle text not null,
  version integer not null,
  created_at integer not null,
  unique (workspace_id, id)
) strict;

-- A member of a tenant is a member of its workspace: both foreign keys share workspace_id.
create table tenant_memberships (
  workspace_id blob not null,
  tenant_id blob not null,
  scope_id blob not null generated always as (tenant_id) stored,
  user_id blob not null,
  role text not null,
  version integer not null,
  created_at integer not null,
  primary key (tenant_id, user_id),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id),
  foreign key (workspace_id, user_id) references workspace_memberships (workspace_id, user_id) on delete cascade
) strict;
create index tenant_memberships_user on tenant_memberships (user_id, workspace_id);

create table provider_connections (
  workspace_id blob not null,
  tenant_id blob not null,
  scope_id blob not null generated always as (tenant_id) stored,
  id blob primary key,
  provider text not null,
  display_name text not null,
  entra_tenant_id text not null,
  client_id text not null,
  is_default integer not null check (is_default in (0, 1)),
  is_enabled integer not null check (is_enabled in (0, 1)),
  consent_status text not null,
  verification_status text not null,
  last_checked_at integer,
  last_error_code text,
  version integer not null,
  created_at integer not null,
  unique (workspace_id, scope_id, id),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
) strict;
create unique index provider_connections_default on provider_connections (tenant_id, provider) where is_default;

create table provider_credentials (
  workspace_id blob not null,
  scope_id blob not null,
  connection_id blob primary key,
  kind text not null,
  sealed blob not null,
  created_at integer not null,
  foreign key (workspace_id, scope_id, connection_id) references provider_connections (workspace_id, scope_id, id)
) strict;

-- What the cookie names; the token itself is never stored.
create table sessions (
  token_hash blob primary key,
  user_id blob not null references users (id) on delete cascade,
  workspace_id blob references workspaces (id),
  tenant_id blob,
  created_at integer not null,
  last_seen_at integer not null,
  expires_at integer not null,
  -- A key with a null in it is not checked at all.
  check (tenant_id is null or workspace_id is not null),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
) strict;
create index sessions_user on sessions (user_id);

create table setup_links (
  token_hash blob primary key,
  created_at integer not null,
  expires_at integer not null,
  used_at integer
) strict;

create table sign_in_attempts (
  subject_hash blob primary key,
  failures integer not null,
  window_started_at integer not null
) strict;

-- user_id has no foreign key: the ledger still names who asked after the account is gone (L-05).
create table operation_runs (
  workspace_id blob not null references workspaces (id),
  tenant_id blob,
  scope_id blob not null generated always as (coalesce(tenant_id, workspace_id)) stored,
  id blob primary key,
  type text not null,
  status text not null default 'queued',
  outcome text not null default 'pending',
  state text not null generated always as (case outcome when 'pending' then status else outcome end) stored,
  attempt integer not null default 1 check (attempt >= 1),
  started_attempt integer,
  start_verdict text generated always as (case when started_attempt is null then null else 'allowed' end) stored,
  authority_mode text not null,
  user_id blob,
  initiator_name text not null,
  required_capability text not null,
  connection_id blob,
  identity_hash blob not null,
  context text not null,
  summary_counts text not null default '{}',
  failures text not null default '[]',
  reason_code text,
  denial_class text,
  blocked_phase text,
  retry_of blob references operation_runs (id),
  queued_at integer not null,
  started_at integer,
  completed_at integer,
  updated_at integer not null,
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id),
  unique (workspace_id, scope_id, id),
  constraint run_status check (status in ('queued', 'running', 'completed')),
  constraint run_outcome check (outcome in ('pending', 'succeeded', 'partially_succeeded', 'blocked', 'failed', 'cancelled', 'indeterminate')),
  constraint run_authority check ((authority_mode = 'actor_bound' and user_id is not null) or (authority_mode = 'system_authority' and user_id is null)),
  constraint run_done check ((status = 'completed') = (outcome <> 'pending') and (status = 'completed') = (completed_at is not null)),
  constraint run_gate check (case status when 'running' then started_attempt is attempt and started_at is not null
                                         when 'queued' then started_attempt is null else true end),
  constraint run_worked check (outcome not in ('succeeded', 'partially_succeeded', 'indeterminate') or started_at is not null),
  constraint run_started check (started_attempt is null or started_at is not null),
  constraint run_start_decision foreign key (workspace_id, scope_id, id, started_attempt, start_verdict)
    references run_decisions (workspace_id, scope_id, run_id, attempt, verdict)
) strict;
create index operation_runs_by_workspace on operation_runs (workspace_id, queued_at, id);
create index operation_runs_by_scope on operation_runs (scope_id, queued_at, id);
create index operation_runs_by_state on operation_runs (workspace_id, state, queued_at, id);
create index operation_runs_by_type on operation_runs (workspace_id, type, queued_at, id);
create index operation_runs_by_user on operation_runs (workspace_id, user_id, queued_at, id);

create table run_decisions (
  workspace_id blob not null,
  scope_id blob not null,
  run_id blob not null,
  attempt integer not null,
  verdict text not null check (verdict in ('allowed', 'denied')),
  reason_code text,
  decision text not null,
  decided_at integer not null,
  primary key (run_id, attempt),
  unique (workspace_id, scope_id, run_id, attempt, verdict),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  check ((verdict = 'denied') = (reason_code is not null))
) strict;

-- The live table: one row per queued or running run, and no other.
create table run_queue (
  workspace_id blob not null,
  scope_id blob not null,
  run_id blob primary key,
  identity_hash blob not null,
  exclusion_key text,
  type text not null,
  priority integer not null,
  available_at integer not null,
  status text not null default 'queued' check (status in ('queued', 'running')),
  attempt integer not null,
  owner blob,
  lease_until integer,
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  check ((status = 'running') = (owner is not null) and (owner is null) = (lease_until is null))
) strict;
create unique index run_queue_identity on run_queue (scope_id, identity_hash);
create unique index run_queue_exclusion on run_queue (scope_id, exclusion_key) where exclusion_key is not null;
create index run_queue_claim on run_queue (priority, available_at, run_id) where status = 'queued';
create index run_queue_lease on run_queue (lease_until) where status = 'running';

create table run_attempts (
  workspace_id blob not null,
  scope_id blob not null,
  run_id blob not null,
  attempt integer not null,
  worker_id blob not null,
  started_at integer not null,
  ended_at integer,
  ended_by text,
  primary key (run_id, attempt),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id)
) strict;

create table run_items (
  workspace_id blob not null,
  scope_id blob not null,
  run_id blob not null,
  position integer not null,
  key text not null,
  label text not null,
  outcome text not null,
  reason_code text,
  message text,
  objects integer,
  updated_at integer not null,
  primary key (run_id, key),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id)
) strict;

create table verification_reports (
  workspace_id blob not null,
  scope_id blob not null,
  run_id blob primary key,
  connection_id blob not null,
  overall text not null,
  report text not null,
  generated_at integer not null,
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  foreign key (workspace_id, scope_id, connection_id) references provider_connections (workspace_id, scope_id, id)
) strict;
create index verification_reports_connection on verification_reports (connection_id, generated_at);

create table inventory_items (
  workspace_id blob not null,
  tenant_id blob not null,
  scope_id blob not null generated always as (tenant_id) stored,
  kind text not null,
  external_id text not null,
  display_name text not null,
  odata_type text,
  last_run_id blob not null,
  first_seen_at integer not null,
  last_seen_at integer not null,
  primary key (tenant_id, kind, external_id),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
) strict;
create index inventory_items_by_name on inventory_items (tenant_id, kind, display_name, external_id);

create table audit_heads (
  workspace_id blob primary key references workspaces (id),
  sequence integer not null,
  hash blob not null
) strict;

create table audit_log (
  workspace_id blob not null references workspaces (id),
  scope_id blob not null,
  tenant_id blob generated always as (nullif(scope_id, workspace_id)) stored,
  sequence integer not null,
  at integer not null,
  action text not null,
  actor_id blob,
  actor_name text not null,
  subject_id blob not null,
  run_id blob,
  detail text not null,
  previous_hash blob not null,
  hash blob not null,
  primary key (workspace_id, sequence),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
) strict;
create index audit_log_subject on audit_log (workspace_id, subject_id, sequence);
create index audit_log_run on audit_log (run_id, sequence) where run_id is not null;

create table notifications (
  workspace_id blob not null,
  scope_id blob not null,
  id blob primary key,
  user_id blob not null references users (id) on delete cascade,
  run_id blob not null,
  created_at integer not null,
  read_at integer,
  unique (run_id, user_id),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id)
) strict;
create index notifications_user on notifications (user_id, created_at);

-- The wall. Foreign keys bite only on connections that asked for them; triggers always do.
create trigger run_start_wall before update on operation_runs
when new.status = 'running' and not exists (
  select 1 from run_decisions d
  where d.workspace_id = new.workspace_id and d.scope_id = coalesce(new.tenant_id, new.workspace_id)
    and d.run_id = new.id and d.attempt = new.attempt and d.verdict = 'allowed')
begin
  select raise(abort, 'no run turns running without an allowing decision');
end;

create trigger run_insert_wall before insert on operation_runs
when new.status = 'running' or new.started_attempt is not null
begin
  select raise(abort, 'a run is born queued, or completed without a start');
end;

create trigger run_transition before update on operation_runs
when old.status = 'completed'
  or (old.status = 'running' and new.status = 'queued' and new.attempt <= old.attempt)
  or new.attempt < old.attempt
  or new.id <> old.id
  or new.workspace_id <> old.workspace_id
  or new.tenant_id is not old.tenant_id
  or new.type <> old.type
  or new.authority_mode <> old.authority_mode
  or new.user_id is not old.user_id
  or new.required_capability <> old.required_capability
  -- The moment of the first start is written by a start alone, and stays.
  or (new.started_at is not old.started_at and (old.started_at is not null or new.status <> 'running'))
  or (old.status = 'queued' and new.outcome = 'succeeded')
begin
  select raise(abort, 'transition refused');
end;

create trigger operation_runs_kept before delete on operation_runs
begin
  select raise(abort, 'a run is never deleted');
end;

create trigger run_decisions_no_update before update on run_decisions
begin
  select raise(abort, 'run_decisions is append-only');
end;
create trigger run_decisions_no_delete before delete on run_decisions
begin
  select raise(abort, 'run_decisions is append-only');
end;

create trigger audit_log_no_update before update on audit_log
begin
  select raise(abort, 'audit_log is append-only');
end;
create trigger audit_log_no_delete before delete on audit_log
begin
  select raise(abort, 'audit_log is append-only');
end;

-- `insert or replace` deletes the old row without asking the delete triggers.
create trigger operation_runs_no_replace before insert on operation_runs
when exists (select 1 from operation_runs r where r.id = new.id)
begin
  select raise(abort, 'a run is never replaced');
end;
create trigger run_decisions_no_replace before insert on run_decisions
when exists (select 1 from run_decisions d where d.run_id = new.run_id and d.attempt = new.attempt)
begin
  select raise(abort, 'run_decisions is append-only');
end;
create trigger audit_log_no_replace before insert on audit_log
when exists (select 1 from audit_log a where a.workspace_id = new.workspace_id and a.sequence = new.sequence)
begin
  select raise(abort, 'audit_log is append-only');
end;

-- The foreign keys that keep tenants apart, once more for connections that did not ask for them.
create trigger operation_runs_owned before insert on operation_runs
when new.tenant_id is not null and not exists (
  select 1 from tenants t where t.workspace_id = new.workspace_id and t.id = new.tenant_id)
begin
  select raise(abort, 'the tenant is not of this workspace');
end;
create trigger run_decisions_owned before insert on run_decisions
when not exists (
  select 1 from operation_runs r
  where r.workspace_id = new.workspace_id and r.scope_id = new.scope_id and r.id = new.run_id)
begin
  select raise(abort, 'the run is not of this scope');
end;
create trigger run_queue_owned_insert before insert on run_queue
when not exists (
  select 1 from operation_runs r
  where r.workspace_id = new.workspace_id and r.scope_id = new.scope_id and r.id = new.run_id)
begin
  select raise(abort, 'the run is not of this scope');
end;
create trigger run_queue_owned_update before update of workspace_id, scope_id, run_id on run_queue
when not exists (
  select 1 from operation_runs r
  where r.workspace_id = new.workspace_id and r.scope_id = new.scope_id and r.id = new.run_id)
begin
  select raise(abort, 'the run is not of this scope');
end;
create trigger tenant_memberships_owned_insert before insert on tenant_memberships
when not exists (select 1 from tenants t where t.workspace_id = new.workspace_id and t.id = new.tenant_id)
  or not exists (
    select 1 from workspace_memberships m where m.workspace_id = new.workspace_id and m.user_id = new.user_id)
begin
  select raise(abort, 'a member of a tenant is a member of its workspace');
end;
create trigger tenant_memberships_owned_update before update of workspace_id, tenant_id, user_id on tenant_memberships
when not exists (select 1 from tenants t where t.workspace_id = new.workspace_id and t.id = new.tenant_id)
  or not exists (
    select 1 from workspace_memberships m where m.workspace_id = new.workspace_id and m.user_id = new.user_id)
begin
  select raise(abort, 'a member of a tenant is a member of its workspace');
end;
create trigger tenants_stay before update of workspace_id, id on tenants
when new.workspace_id <> old.workspace_id or new.id <> old.id
begin
  select raise(abort, 'a tenant does not change its workspace');
end;
