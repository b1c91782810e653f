-- PostgreSQL. Its twin with the same number is in ../sqlite.

create table workspaces (
  id uuid primary key,
  name text collate "C" not null check (length(name) between 1 and 200),
  created_at bigint not null
);

create table users (
  id uuid primary key,
  email text collate "C" not null unique,
  display_name text collate "C" not null,
  password_hash text not null,
  disabled_at bigint,
  version bigint not null,
  created_at bigint not null
);

create table workspace_memberships (
  workspace_id uuid not null references workspaces (id),
  user_id uuid not null references users (id) on delete cascade,
  role text not null,
  version bigint not null,
  created_at bigint not null,
  primary key (workspace_id, user_id)
);
create index workspace_memberships_user on workspace_memberships (user_id);

create table tenants (
  workspace_id uuid not null references workspaces (id),
  id uuid primary key,
  scope_id uuid not null generated always as (id) stored,
  name text collate "C" not null check (length(name) between 1 and 200),
  entra_tenant_id text,
  lifecycle text not null,
  version bigint not null,
  created_at bigint not null,
  unique (workspace_id, id)
);

-- A member of a tenant is a member of its workspace: both foreign keys share workspace_id.
create table tenant_memberships (
  workspace_id uuid not null,
  tenant_id uuid not null,
  scope_id uuid not null generated always as (tenant_id) stored,
  user_id uuid not null,
  role text not null,
  version bigint not null,
  created_at bigint not null,
  primary key (tenant_id, user_id),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id),
  foreign key (workspace_id, user_id) references workspace_memberships (workspace_id, user_id) on delete cascade
);
create index tenant_memberships_user on tenant_memberships (user_id, workspace_id);

create table provider_connections (
  workspace_id uuid not null,
  tenant_id uuid not null,
  scope_id uuid not null generated always as (tenant_id) stored,
  id uuid primary key,
  provider text not null,
  display_name text collate "C" not null,
  entra_tenant_id text not null,
  client_id text not null,
  is_default boolean not null,
  is_enabled boolean not null,
  consent_status text not null,
  verification_status text not null,
  last_checked_at bigint,
  last_error_code text,
  version bigint not null,
  created_at bigint not null,
  unique (workspace_id, scope_id, id),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
);
create unique index provider_connections_default on provider_connections (tenant_id, provider) where is_default;

create table provider_credentials (
  workspace_id uuid not null,
  scope_id uuid not null,
  connection_id uuid primary key,
  kind text not null,
  sealed bytea not null,
  created_at bigint not null,
  foreign key (workspace_id, scope_id, connection_id) references provider_connections (workspace_id, scope_id, id)
);

-- What the cookie names; the token itself is never stored.
create table sessions (
  token_hash bytea primary key,
  user_id uuid not null references users (id) on delete cascade,
  workspace_id uuid references workspaces (id),
  tenant_id uuid,
  created_at bigint not null,
  last_seen_at bigint not null,
  expires_at bigint not null,
  -- A key with a null in it is not checked at all.
  check (tenant_id is null or workspace_id is not null),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
);
create index sessions_user on sessions (user_id);

create table setup_links (
  token_hash bytea primary key,
  created_at bigint not null,
  expires_at bigint not null,
  used_at bigint
);

create table sign_in_attempts (
  subject_hash bytea primary key,
  failures bigint not null,
  window_started_at bigint not null
);

-- user_id has no foreign key: the ledger still names who asked after the account is gone (L-05).
create table operation_runs (
  workspace_id uuid not null references workspaces (id),
  tenant_id uuid,
  scope_id uuid not null generated always as (coalesce(tenant_id, workspace_id)) stored,
  id uuid primary key,
  type text not null,
  status text not null default 'queued',
  outcome text not null default 'pending',
  state text not null generated always as (case outcome when 'pending' then status else outcome end) stored,
  attempt bigint not null default 1 check (attempt >= 1),
  started_attempt bigint,
  start_verdict text generated always as (case when started_attempt is null then null else 'allowed' end) stored,
  authority_mode text not null,
  user_id uuid,
  initiator_name text collate "C" not null,
  required_capability text not null,
  connection_id uuid,
  identity_hash bytea not null,
  context text not null,
  summary_counts text not null default '{}',
  failures text not null default '[]',
  reason_code text,
  denial_class text,
  blocked_phase text,
  retry_of uuid references operation_runs (id),
  queued_at bigint not null,
  started_at bigint,
  completed_at bigint,
  updated_at bigint not null,
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id),
  unique (workspace_id, scope_id, id),
  constraint run_status check (status in ('queued', 'running', 'completed')),
  constraint run_outcome check (outcome in ('pending', 'succeeded', 'partially_succeeded', 'blocked', 'failed', 'cancelled', 'indeterminate')),
  constraint run_authority check ((authority_mode = 'actor_bound' and user_id is not null) or (authority_mode = 'system_authority' and user_id is null)),
  constraint run_done check ((status = 'completed') = (outcome <> 'pending') and (status = 'completed') = (completed_at is not null)),
  constraint run_gate check (case status when 'running' then started_attempt is not distinct from attempt and started_at is not null
                                         when 'queued' then started_attempt is null else true end),
  constraint run_worked check (outcome not in ('succeeded', 'partially_succeeded', 'indeterminate') or started_at is not null),
  constraint run_started check (started_attempt is null or started_at is not null)
);
create index operation_runs_by_workspace on operation_runs (workspace_id, queued_at, id);
create index operation_runs_by_scope on operation_runs (scope_id, queued_at, id);
create index operation_runs_by_state on operation_runs (workspace_id, state, queued_at, id);
create index operation_runs_by_type on operation_runs (workspace_id, type, queued_at, id);
create index operation_runs_by_user on operation_runs (workspace_id, user_id, queued_at, id);

create table run_decisions (
  workspace_id uuid not null,
  scope_id uuid not null,
  run_id uuid not null,
  attempt bigint not null,
  verdict text not null check (verdict in ('allowed', 'denied')),
  reason_code text,
  decision text not null,
  decided_at bigint not null,
  primary key (run_id, attempt),
  unique (workspace_id, scope_id, run_id, attempt, verdict),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  check ((verdict = 'denied') = (reason_code is not null))
);

alter table operation_runs add constraint run_start_decision
  foreign key (workspace_id, scope_id, id, started_attempt, start_verdict)
  references run_decisions (workspace_id, scope_id, run_id, attempt, verdict);

-- The live table: one row per queued or running run, and no other.
create table run_queue (
  workspace_id uuid not null,
  scope_id uuid not null,
  run_id uuid primary key,
  identity_hash bytea not null,
  exclusion_key text,
  type text not null,
  priority bigint not null,
  available_at bigint not null,
  status text not null default 'queued' check (status in ('queued', 'running')),
  attempt bigint not null,
  owner uuid,
  lease_until bigint,
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  check ((status = 'running') = (owner is not null) and (owner is null) = (lease_until is null))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
        autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 5000);
create unique index run_queue_identity on run_queue (scope_id, identity_hash);
create unique index run_queue_exclusion on run_queue (scope_id, exclusion_key) where exclusion_key is not null;
create index run_queue_claim on run_queue (priority, available_at, run_id) where status = 'queued';
create index run_queue_lease on run_queue (lease_until) where status = 'running';

create table run_attempts (
  workspace_id uuid not null,
  scope_id uuid not null,
  run_id uuid not null,
  attempt bigint not null,
  worker_id uuid not null,
  started_at bigint not null,
  ended_at bigint,
  ended_by text,
  primary key (run_id, attempt),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id)
);

create table run_items (
  workspace_id uuid not null,
  scope_id uuid not null,
  run_id uuid not null,
  position bigint not null,
  key text not null,
  label text not null,
  outcome text not null,
  reason_code text,
  message text,
  objects bigint,
  updated_at bigint not null,
  primary key (run_id, key),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id)
);

create table verification_reports (
  workspace_id uuid not null,
  scope_id uuid not null,
  run_id uuid primary key,
  connection_id uuid not null,
  overall text not null,
  report text not null,
  generated_at bigint not null,
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id),
  foreign key (workspace_id, scope_id, connection_id) references provider_connections (workspace_id, scope_id, id)
);
create index verification_reports_connection on verification_reports (connection_id, generated_at);

create table inventory_items (
  workspace_id uuid not null,
  tenant_id uuid not null,
  scope_id uuid not null generated always as (tenant_id) stored,
  kind text not null,
  external_id text collate "C" not null,
  display_name text collate "C" not null,
  odata_type text,
  last_run_id uuid not null,
  first_seen_at bigint not null,
  last_seen_at bigint not null,
  primary key (tenant_id, kind, external_id),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
);
create index inventory_items_by_name on inventory_items (tenant_id, kind, display_name, external_id);

create table audit_heads (
  workspace_id uuid primary key references workspaces (id),
  sequence bigint not null,
  hash bytea not null
);

create table audit_log (
  workspace_id uuid not null references workspaces (id),
  scope_id uuid not null,
  tenant_id uuid generated always as (nullif(scope_id, workspace_id)) stored,
  sequence bigint not null,
  at bigint not null,
  action text not null,
  actor_id uuid,
  actor_name text collate "C" not null,
  subject_id uuid not null,
  run_id uuid,
  detail text not null,
  previous_hash bytea not null,
  hash bytea not null,
  primary key (workspace_id, sequence),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
);
create index audit_log_subject on audit_log (workspace_id, subject_id, sequence);
create index audit_log_run on audit_log (run_id, sequence) where run_id is not null;

create table notifications (
  workspace_id uuid not null,
  scope_id uuid not null,
  id uuid primary key,
  user_id uuid not null references users (id) on delete cascade,
  run_id uuid not null,
  created_at bigint not null,
  read_at bigint,
  unique (run_id, user_id),
  foreign key (workspace_id, scope_id, run_id) references operation_runs (workspace_id, scope_id, id)
);
create index notifications_user on notifications (user_id, created_at);

-- The wall.
create function run_transition() returns trigger language plpgsql as $$
begin
  if old.status = 'completed' then
    raise exception 'a completed run does not change' using errcode = 'check_violation';
  end if;
  if old.status = 'running' and new.status = 'queued' and new.attempt <= old.attempt then
    raise exception 'a run goes back to the queue as a new attempt' using errcode = 'check_violation';
  end if;
  if new.attempt < old.attempt or new.id <> old.id
    or new.workspace_id <> old.workspace_id or new.tenant_id is distinct from old.tenant_id
    or new.type <> old.type or new.authority_mode <> old.authority_mode
    or new.user_id is distinct from old.user_id or new.required_capability <> old.required_capability then
    raise exception 'the identity of a run does not change' using errcode = 'check_violation';
  end if;
  -- The moment of the first start is written by a start alone, and stays.
  if new.started_at is distinct from old.started_at and (old.started_at is not null or new.status <> 'running') then
    raise exception 'only a start sets when a run started' using errcode = 'check_violation';
  end if;
  if old.status = 'queued' and new.outcome = 'succeeded' then
    raise exception 'a run that does not run does not succeed' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger run_transition before update on operation_runs for each row execute function run_transition();

create function run_insert_wall() returns trigger language plpgsql as $$
begin
  if new.status = 'running' or new.started_attempt is not null then
    raise exception 'a run is born queued, or completed without a start' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger run_insert_wall before insert on operation_runs for each row execute function run_insert_wall();

create function tenants_stay() returns trigger language plpgsql as $$
begin
  if new.workspace_id <> old.workspace_id or new.id <> old.id then
    raise exception 'a tenant does not change its workspace' using errcode = 'check_violation';
  end if;
  return new;
end $$;
create trigger tenants_stay before update on tenants for each row execute function tenants_stay();

create function append_only() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'check_violation';
end $$;
create trigger operation_runs_kept before delete on operation_runs for each row execute function append_only();
create trigger run_decisions_frozen before update or delete on run_decisions for each row execute function append_only();
create trigger audit_log_frozen before update or delete on audit_log for each row execute function append_only();
create trigger operation_runs_whole before truncate on operation_runs for each statement execute function append_only();
create trigger run_decisions_whole before truncate on run_decisions for each statement execute function append_only();
create trigger audit_log_whole before truncate on audit_log for each statement execute function append_only();
