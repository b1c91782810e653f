-- PostgreSQL. Its twin with the same number is in ../sqlite.
-- Whose turn it is, which tenants wait by somebody's order, and which processes are there to work.

-- A claim goes from tenant to tenant, and within a tenant by age.
drop index run_queue_claim;
create index run_queue_turn on run_queue (priority, scope_id, available_at, run_id) where status = 'queued';
-- How many runs of a tenant and of a connection are under way; a heartbeat moves no entry of it.
drop index run_queue_lease;
create index run_queue_running on run_queue (scope_id, connection_id) where status = 'running';

create table queue_pauses (
  workspace_id uuid not null,
  tenant_id uuid primary key,
  scope_id uuid not null unique generated always as (tenant_id) stored,
  paused_at bigint not null,
  -- No foreign key: who paused it is told after the account is gone.
  paused_by uuid not null,
  paused_by_name text collate "C" not null,
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
);

-- Processes that work on runs; one that is silent for longer than its lease is taken for dead.
create table workers (
  id uuid primary key,
  host text not null check (length(host) <= 100),
  slots bigint not null,
  tenant_limit bigint not null,
  connection_limit bigint not null,
  lease bigint not null,
  started_at bigint not null,
  last_seen_at bigint not null
);
create index workers_seen on workers (last_seen_at);
