-- PostgreSQL. Its twin with the same number is in ../sqlite.
-- A run that turns blocked without a class of refusal is a bulk of which nothing was let start (0034).
create function run_blocked_wall() returns trigger language plpgsql as $$
begin
  if not exists (select 1 from bulk_items i where i.parent_id = new.id)
    or exists (
      select 1 from bulk_items i left join operation_runs r on r.id = i.run_id
      where i.parent_id = new.id and i.outcome is null and r.outcome is distinct from 'blocked') then
    raise exception 'no run is blocked that neither was refused nor is made of what was'
      using errcode = 'check_violation';
  end if;
  return null;
end $$;
create trigger run_blocked_wall after update on operation_runs for each row
  when (new.outcome = 'blocked' and new.denial_class is null) execute function run_blocked_wall();
