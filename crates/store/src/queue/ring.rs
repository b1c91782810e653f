//! The ring of tenants with something to do, as one look over it finds them.

use domain::ids::ScopeId;

use super::plan::{Candidate, Pass, Plan, Tenants};
use crate::{
    Store,
    audit::to_json,
    error::StoreError,
    sql::{Statement, Walk, args, dialects},
};

// From the tenant after $2 to the end, then from the first one up to $2; each step is one look into the index,
// and none is taken past the last tenant that is wanted. What is under way is counted first, and the rest only for
// tenants that have room; where PostgreSQL may put the steps together it counts everything twice. The order in which
// is counted names the index: one that was small when it was analysed is as good as any other of the tenant. What is
// under way of a workspace itself waits for runs of tenants, and is no tenant's.
macro_rules! ring {
    ($a_step:literal, $served:literal) => {
        concat!(
            "with recursive ring (scope_id, lap) as (
       select (select q.scope_id from run_queue q where q.status = 'queued' and q.priority = $1 and q.scope_id > $2
         order by q.scope_id limit 1), 0
       union all
       select case
           when r.scope_id is null then (select q.scope_id from run_queue q where q.status = 'queued'
             and q.priority = $1 and q.scope_id <= $2 order by q.scope_id limit 1)
           when r.lap = 0 then (select q.scope_id from run_queue q where q.status = 'queued'
             and q.priority = $1 and q.scope_id > r.scope_id order by q.scope_id limit 1)
           else (select q.scope_id from run_queue q where q.status = 'queued'
             and q.priority = $1 and q.scope_id > r.scope_id and q.scope_id <= $2 order by q.scope_id limit 1) end,
         case when r.scope_id is null then 1 else r.lap end
       from ring r where r.scope_id is not null or r.lap = 0),
     busy as ",
            $a_step,
            "(
       select r.scope_id,
         (select count(*) from (select 1 from run_queue q where q.status = 'running' and q.scope_id = r.scope_id
            and q.workspace_id <> r.scope_id order by q.connection_id limit $4) u) as running
       from ring r where r.scope_id is not null
         and not exists (select 1 from queue_pauses p where p.scope_id = r.scope_id)
         and r.scope_id not in (select ",
            $served,
            ")),
     candidate as ",
            $a_step,
            "(
       select b.scope_id, b.running,
         (select count(*) from (select 1 from run_queue q where q.status = 'queued' and q.priority = $1
            and q.scope_id = b.scope_id and q.available_at <= $3
            order by q.available_at limit $6) w) as waiting,
         (select count(*) from (select 1 from run_queue q where q.status = 'running' and q.scope_id = b.scope_id
            and q.connection_id = (select h.connection_id from run_queue h where h.status = 'queued'
              and h.priority = $1 and h.scope_id = b.scope_id and h.available_at <= $3
              order by h.available_at, h.run_id limit 1) limit $7) u) as using_connection
       from busy b where b.running < $4)
     select c.scope_id, c.running, c.waiting from candidate c
     where c.waiting > 0 and c.using_connection < $7
     limit $5"
        )
    };
}
static RING: Statement = dialects(
    "run_queue_ring",
    ring!("", "unhex(value) from jsonb_each($8)"),
    ring!(
        "materialized ",
        "value::uuid from json_array_elements_text($8::json)"
    ),
);

/// What a look over the ring found.
pub(super) struct Round {
    /// The tenants whose turn comes, the next one first.
    pub(super) candidates: Vec<Candidate>,
    /// Whether no other tenant has anything to do and room for it.
    pub(super) is_whole: bool,
    /// Whether it goes on elsewhere than where the look began.
    is_turned: bool,
}

impl Round {
    /// Those of which nothing is under way, where it is sure that these are the first of them.
    pub(super) fn idle(&self) -> Option<Vec<Candidate>> {
        let idle = self.candidates.iter().filter(|it| it.running == 0);
        let idle: Vec<_> = idle.copied().collect();
        (self.is_whole || idle.len() == self.candidates.len()).then_some(idle)
    }

    /// Turns the ring so that it goes on after a tenant.
    pub(super) fn go_on_after(&mut self, last: ScopeId) {
        self.is_turned = true;
        if let Some(at) = self.candidates.iter().position(|it| it.scope == last) {
            self.candidates.rotate_left(at + 1);
        }
    }

    /// Whether this round is enough to give out `most` runs, or to say that there are not as many.
    ///
    /// One that is not whole holds the next tenants only where the look began.
    pub(super) fn is_enough(&self, plan: &Plan, pass: Pass, most: i64) -> bool {
        if !self.is_whole && self.is_turned {
            return false;
        }
        let is_counted_short = |it: &Candidate| plan.was_counted_short(it, pass);
        plan.first_shares(&self.candidates, pass, most) >= most
            || self.is_whole && !self.candidates.iter().any(is_counted_short)
    }
}

impl Store {
    /// The tenants whose turn comes, at most `most`; of what waits in each no more than `counted` is counted.
    pub(super) async fn round(
        &self,
        walk: &mut Walk<'_>,
        plan: &Plan,
        pass: Pass,
        most: i64,
        counted: i64,
    ) -> Result<Round, StoreError> {
        let below = match pass.tenants {
            Tenants::Idle => 1,
            Tenants::Any => plan.limit,
        };
        // What an earlier pass gave a tenant is still among what waits there.
        let cap = counted.min(most).min(plan.limit) + plan.most_given();
        let args = args![
            pass.priority,
            self.turns.after(pass.priority),
            pass.due,
            below,
            // One more tells whether these are all.
            most + 1,
            cap,
            self.queue.connection_limit,
            to_json(&plan.served())?,
        ];
        let rows = walk.fetch(&RING, args).await?;
        let wanted = usize::try_from(most).unwrap_or(0);
        let is_whole = rows.len() <= wanted;
        let mut candidates = Vec::with_capacity(rows.len());
        for row in rows.into_iter().take(wanted) {
            let waiting = row.int("waiting")?;
            candidates.push(Candidate {
                scope: ScopeId::from_uuid(row.uuid("scope_id")?),
                running: row.int("running")?,
                waiting,
                is_capped: waiting >= cap,
            });
        }
        Ok(Round {
            candidates,
            is_whole,
            is_turned: false,
        })
    }
}

#[cfg(test)]
mod tests {
    use domain::time::Timestamp;
    use uuid::Uuid;

    use super::*;
    use crate::queue::plan::Slots;

    const ANY: Pass = Pass {
        priority: 0,
        due: Timestamp(0),
        tenants: Tenants::Any,
    };

    /// A tenant of which so many runs are under way and at least one waits.
    fn tenant(number: u128, running: i64) -> Candidate {
        Candidate {
            scope: ScopeId::from_uuid(Uuid::from_u128(number)),
            running,
            waiting: 1,
            is_capped: true,
        }
    }

    fn round(running: &[i64], is_whole: bool) -> Round {
        let tenants = (1..).zip(running);
        Round {
            candidates: tenants.map(|(number, it)| tenant(number, *it)).collect(),
            is_whole,
            is_turned: false,
        }
    }

    #[test]
    fn tenants_with_nothing_under_way_are_known_where_no_other_can_come_before_them() {
        let idle = |running: &[i64], is_whole| {
            let idle = round(running, is_whole).idle()?;
            Some(idle.len())
        };
        assert_eq!(idle(&[0, 3, 0], true), Some(2));
        assert_eq!(idle(&[0, 0], false), Some(2));
        assert_eq!(idle(&[0, 3, 0], false), None);
    }

    #[test]
    fn a_look_is_enough_unless_somebody_has_room_for_more_than_was_counted() {
        let slots = Slots { free: 3, spare: 0 };
        let mut plan = Plan::new(slots, 16);
        let mut found = round(&[0, 0], true);
        assert!(found.is_enough(&plan, ANY, 2));
        // Each gave the one run that was counted, and may have more.
        let last = plan.give(&found.candidates, ANY, 2).unwrap();
        assert!(!found.is_enough(&plan, ANY, 1));
        found.go_on_after(last);
        assert_eq!(found.candidates[0].scope, tenant(1, 0).scope);
        for it in &mut found.candidates {
            it.is_capped = false;
        }
        assert!(found.is_enough(&plan, ANY, 1));
    }

    #[test]
    fn some_of_the_tenants_are_enough_for_a_first_share_of_each_where_the_look_began() {
        let slots = Slots { free: 2, spare: 0 };
        let plan = Plan::new(slots, 16);
        let mut found = round(&[1, 1], false);
        assert!(found.is_enough(&plan, ANY, 2));
        assert!(!found.is_enough(&plan, ANY, 3));
        found.go_on_after(tenant(1, 1).scope);
        assert!(!found.is_enough(&plan, ANY, 2));
    }
}
