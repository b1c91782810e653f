-- SQLite. Its twin with the same number is in ../postgres.
-- A run that turns blocked without a class of refusal is a bulk of which nothing was let start (0034).
create trigger run_blocked_wall before update on operation_runs
when new.outcome = 'blocked' and new.denial_class is null and (
  not exists (select 1 from bulk_items i where i.parent_id = new.id)
  or exists (
    select 1 from bulk_items i left join operation_runs r on r.id = i.run_id
    where i.parent_id = new.id and i.outcome is null and r.outcome is not 'blocked'))
begin
  select raise(abort, 'no run is blocked that neither was refused nor is made of what was');
end;
