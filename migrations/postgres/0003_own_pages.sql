-- PostgreSQL. Its twin with the same number is in ../sqlite.
-- What the pages for setting up need: directories that are named once, sessions that can be told apart, invitations.

-- One directory is one tenant of a workspace; drafts without a directory are as many as there are.
create unique index tenants_directory on tenants (workspace_id, entra_tenant_id);

-- A session is named by an id of its own, so that the hash of its token stays where it is.
alter table sessions add column id uuid not null default gen_random_uuid();
alter table sessions alter column id drop default;
alter table sessions add constraint sessions_id unique (id);
alter table sessions add column browser text not null default '' check (length(browser) <= 100);

-- What the link names; the token itself is never stored.
create table invitations (
  workspace_id uuid not null,
  id uuid primary key,
  token_hash bytea not null unique,
  email text collate "C" not null,
  role text not null,
  invited_by uuid not null,
  created_at bigint not null,
  expires_at bigint not null,
  -- Somebody who leaves the workspace takes the invitations along.
  foreign key (workspace_id, invited_by) references workspace_memberships (workspace_id, user_id) on delete cascade
);
create unique index invitations_email on invitations (workspace_id, email);
create index invitations_inviter on invitations (workspace_id, invited_by);
