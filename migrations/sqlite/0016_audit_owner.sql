-- SQLite. Its twin with the same number is in ../postgres.

-- Tenants are archived, and workspaces stay: what is written of them outlives what they were for.
-- Here the audit log keeps its foreign keys, which cost a row little.
create trigger tenants_kept before delete on tenants
begin
  select raise(abort, 'rows of tenants are never deleted');
end;
create trigger workspaces_kept before delete on workspaces
begin
  select raise(abort, 'rows of workspaces are never deleted');
end;
create trigger workspaces_named before update of id on workspaces when new.id <> old.id
begin
  select raise(abort, 'a workspace does not change its id');
end;
