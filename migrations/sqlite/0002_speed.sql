-- SQLite. Its twin with the same number is in ../postgres.

-- Lists read the newest runs of each scope that the person may see, so every index begins with the scope,
-- and goes on in the list's own order. None holds what a start changes: a start moves no index entry.
-- The scope is spelled out: an index is not asked alone for a query that names a computed column.
drop index operation_runs_by_workspace;
drop index operation_runs_by_scope;
drop index operation_runs_by_state;
drop index operation_runs_by_type;
drop index operation_runs_by_user;
create index operation_runs_by_scope on operation_runs (workspace_id, tenant_id, queued_at, id);
create index operation_runs_by_outcome on operation_runs (workspace_id, tenant_id, outcome, queued_at, id);
create index operation_runs_by_type on operation_runs (workspace_id, tenant_id, type, queued_at, id);
create index operation_runs_by_user on operation_runs (workspace_id, tenant_id, user_id, queued_at, id);
create index operation_runs_by_origin on operation_runs (retry_of, queued_at) where retry_of is not null;
create index verification_reports_by_scope on verification_reports (scope_id, generated_at);

-- Moves with every change of what belongs to a scope, so that a poll can tell that there was none.
create table scope_versions (
  workspace_id blob not null,
  scope_id blob primary key not null,
  tenant_id blob generated always as (nullif(scope_id, workspace_id)) stored,
  version integer not null,
  foreign key (workspace_id) references workspaces (id),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
) strict;
insert into scope_versions (workspace_id, scope_id, version) select id, id, 1 from workspaces;
insert into scope_versions (workspace_id, scope_id, version) select workspace_id, id, 1 from tenants;
