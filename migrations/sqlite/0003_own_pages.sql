-- SQLite. Its twin with the same number is in ../postgres.
-- What the pages for setting up need: directories that are named once, sessions that can be told apart, invitations.

-- One directory is one tenant of a workspace; drafts without a directory are as many as there are.
create unique index tenants_directory on tenants (workspace_id, entra_tenant_id);

-- A session is named by an id of its own, so that the hash of its token stays where it is.
create table sessions_named (
  token_hash blob primary key,
  id blob not null unique,
  user_id blob not null references users (id) on delete cascade,
  workspace_id blob references workspaces (id),
  tenant_id blob,
  browser text not null default '' check (length(browser) <= 100),
  created_at integer not null,
  last_seen_at integer not null,
  expires_at integer not null,
  -- A key with a null in it is not checked at all.
  check (tenant_id is null or workspace_id is not null),
  foreign key (workspace_id, tenant_id) references tenants (workspace_id, id)
) strict;
insert into sessions_named (token_hash, id, user_id, workspace_id, tenant_id, created_at, last_seen_at, expires_at)
  select token_hash, randomblob(16), user_id, workspace_id, tenant_id, created_at, last_seen_at, expires_at from sessions;
drop table sessions;
alter table sessions_named rename to sessions;
create index sessions_user on sessions (user_id);

-- What the link names; the token itself is never stored.
create table invitations (
  workspace_id blob not null,
  id blob primary key,
  token_hash blob not null unique,
  email text not null,
  role text not null,
  invited_by blob not null,
  created_at integer not null,
  expires_at integer not null,
  -- Somebody who leaves the workspace takes the invitations along.
  foreign key (workspace_id, invited_by) references workspace_memberships (workspace_id, user_id) on delete cascade
) strict;
create unique index invitations_email on invitations (workspace_id, email);
create index invitations_inviter on invitations (workspace_id, invited_by);
