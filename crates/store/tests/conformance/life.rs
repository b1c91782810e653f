//! The whole life of runs against a small model of the state table, by commands in any order.
//!
//! Commands that a state does not allow are given too, and must change nothing. Plain sequences and not
//! `proptest-state-machine`: that one leaves out what a state does not allow, and makes its test by itself,
//! where each case here is played on either database in a runtime of its own.

mod commands;

use std::sync::Arc;

use domain::{
    capability::Role, operation::OperationType::InventorySync, retry::Chance,
    summary::SummaryCounts, time::MINUTE,
};
use policy::Running;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner},
};
use store::{
    Again, Cancel, Ending, Failure, ItemOutcome, RESCUES_MOST, Requested, Retrying, RunAccess,
    RunEnd, Scope, StoreError, SystemDraft, TenantAccess, WorkedOutcome,
};

use crate::{
    database::Database,
    model::{Model, Now, POLICY, Way},
    world::{World, end, worker},
};

use commands::{Command, command, known_lives};

pub async fn r03_the_life_of_runs_follows_the_state_table(db: Arc<Database>) {
    let world = World::new(&db).await;
    let operator = world.operator("operator").await;
    for commands in known_lives() {
        let lived = live(&world, &operator, commands.clone()).await;
        lived.unwrap_or_else(|error| panic!("{commands:?}: {error}"));
    }
    let handle = tokio::runtime::Handle::current();
    let config = Config {
        cases: 32,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(
            "tests/conformance/life.seeds",
        ))),
        ..Config::default()
    };
    tokio::task::block_in_place(|| {
        let play = |commands: Vec<Command>| handle.block_on(live(&world, &operator, commands));
        let played = TestRunner::new(config).run(&vec(command(), 10..60), play);
        played.unwrap_or_else(|error| panic!("{error}"));
    });
    let verdicts = world.store.audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));
}

/// Plays one life in a tenant of its own, and leaves nothing behind that a later one could meet.
async fn live(
    world: &World,
    operator: &Scope,
    commands: Vec<Command>,
) -> Result<(), TestCaseError> {
    let name = format!("Tenant {}", uuid::Uuid::now_v7());
    let tenant = world.another_tenant(&name).await;
    let mut life = Life {
        world,
        operator,
        tenant,
        model: Model::default(),
        held: None,
        late: Vec::new(),
    };
    life.grant(Role::Operator).await;
    let mut lived = Ok(());
    for command in commands {
        lived = life.step(command).await;
        if lived.is_err() {
            break;
        }
    }
    life.end().await;
    lived
}

/// The real thing beside its model.
struct Life<'a> {
    world: &'a World,
    operator: &'a Scope,
    tenant: TenantAccess,
    model: Model,
    /// The attempt that a worker has.
    held: Option<Running>,
    /// Attempts that were taken from their workers, or have ended.
    late: Vec<Running>,
}

fn same<T: std::fmt::Debug + PartialEq>(what: &str, is: T, should: T) -> Result<(), TestCaseError> {
    prop_assert_eq!(is, should, "{}", what);
    Ok(())
}

fn throttled() -> RunEnd {
    RunEnd {
        outcome: WorkedOutcome::Failed,
        counts: SummaryCounts::default(),
        failures: vec![Failure {
            code: "test".to_owned(),
            reason_code: "provider_throttled".to_owned(),
            message: "the provider asks to wait".to_owned(),
            stated_wait: None,
        }],
    }
}

/// A pause that is not over within a test.
fn again() -> Again {
    Again {
        policy: POLICY,
        chance: Chance(u32::MAX),
        stated_wait: Some(MINUTE),
    }
}

impl Life<'_> {
    async fn step(&mut self, command: Command) -> Result<(), TestCaseError> {
        let what = format!("{command:?}");
        match command {
            Command::Request(way) => self.request(way).await?,
            Command::Claim => self.claim().await?,
            Command::WaitOut => self.wait_out().await,
            Command::Progress => self.progress().await?,
            Command::Finish(outcome) => self.finish(outcome).await?,
            Command::Fail => self.fail().await?,
            Command::Cancel => self.cancel().await?,
            Command::LoseWorker => self.lose_worker().await?,
            Command::Sweep => same(&what, self.world.rescue().await.unwrap(), 0)?,
            Command::HandBack => self.hand_back().await?,
            Command::Revoke => self.grant(Role::Readonly).await,
            Command::Restore => self.grant(Role::Operator).await,
            Command::Late => self.wake_up_late().await?,
        }
        for run in &self.model.runs {
            let is = self.told_of(run.id).await;
            prop_assert_eq!(is, run.told(), "after {}", what);
        }
        Ok(())
    }

    async fn grant(&mut self, role: Role) {
        let user = self.operator.user_id();
        let (store, owner) = (&self.world.store, &self.world.owner);
        let set = store.tenant_role_set(owner, &self.tenant, user, role);
        set.await.unwrap();
        self.model.is_granted = role == Role::Operator;
    }

    async fn request(&mut self, way: Way) -> Result<(), TestCaseError> {
        let answer = match way {
            Way::Operator => {
                let tenant = &self.tenant;
                self.world
                    .ask_in(self.operator, tenant, InventorySync)
                    .await
            }
            Way::System => {
                let draft = SystemDraft {
                    operation: InventorySync,
                    workspace_id: self.world.workspace.id(),
                    tenant_id: self.tenant.id(),
                };
                let asked = self.world.store.run_request_by_system(draft).await;
                asked.unwrap()
            }
        };
        match self.model.request(way) {
            None => prop_assert!(matches!(answer, Requested::Forbidden(_)), "{answer:?}"),
            Some(Some(active)) => same("request", answer, Requested::Deduped(active))?,
            Some(None) => match answer {
                Requested::Accepted(run) => self.model.requested(run, way),
                other => prop_assert!(false, "{other:?}"),
            },
        }
        Ok(())
    }

    async fn claim(&mut self) -> Result<(), TestCaseError> {
        let started = self.world.store.runs_start(worker(), 10).await.unwrap();
        let became = (started.running.len(), started.refused.len());
        same("claim", became, self.model.claim())?;
        self.held = started.running.into_iter().next().or(self.held.take());
        Ok(())
    }

    async fn wait_out(&mut self) {
        let scope = self.world.db.id(self.tenant.id().as_uuid());
        let sql = format!(
            "update run_queue set available_at = 1 where scope_id = {scope} and status = 'queued'"
        );
        self.world.db.raw.run(&sql).await;
        self.model.wait_out();
    }

    async fn progress(&mut self) -> Result<(), TestCaseError> {
        let Some(running) = &self.held else {
            return Ok(());
        };
        let (item, counts) = (item(), SummaryCounts::default());
        let wrote = self.world.store.run_progress(running, &item, &counts);
        wrote.await.unwrap();
        self.model.progress();
        Ok(())
    }

    async fn finish(&mut self, outcome: WorkedOutcome) -> Result<(), TestCaseError> {
        let Some(running) = self.held.take() else {
            return Ok(());
        };
        let end = end(outcome);
        let ended = self.world.store.runs_finish(&[(&running, &end)]).await;
        same("finish", ended.unwrap(), vec![Ending::Written])?;
        self.model.finish(outcome);
        self.late.push(running);
        Ok(())
    }

    async fn fail(&mut self) -> Result<(), TestCaseError> {
        let Some(running) = self.held.take() else {
            return Ok(());
        };
        let end = throttled();
        let failed = [(&running, &end, again())];
        let answer = self.world.store.runs_retry(&failed).await.unwrap();
        let should = self.model.fail();
        same("fail", answer, vec![should])?;
        if should == Retrying::Spent {
            self.held = Some(running);
        } else {
            self.late.push(running);
        }
        Ok(())
    }

    async fn access(&self, run: domain::ids::RunId) -> RunAccess {
        let found = self.world.store.run(&self.world.owner, run).await;
        found.unwrap()
    }

    async fn cancel(&mut self) -> Result<(), TestCaseError> {
        let Some(newest) = self.model.runs.last().map(|run| run.id) else {
            return Ok(());
        };
        let access = self.access(newest).await;
        let answer = self
            .world
            .store
            .run_cancel(&self.world.owner, &access)
            .await;
        same("cancel", answer.unwrap(), self.model.cancel())
    }

    async fn lose_worker(&mut self) -> Result<(), TestCaseError> {
        let Some(running) = self.held.take() else {
            return Ok(());
        };
        self.world.expire(running.key().run_id).await;
        same("rescue", self.world.rescue().await.unwrap(), 1)?;
        self.model.lose_worker(RESCUES_MOST);
        self.late.push(running);
        Ok(())
    }

    async fn hand_back(&mut self) -> Result<(), TestCaseError> {
        let Some(running) = self.held.take() else {
            return Ok(());
        };
        self.world
            .store
            .run_hand_back(&running, store::GivenBack::Stopping)
            .await
            .unwrap();
        self.model.hand_back();
        self.late.push(running);
        Ok(())
    }

    /// Whatever an earlier attempt tries, nothing comes of it.
    async fn wake_up_late(&mut self) -> Result<(), TestCaseError> {
        let store = &self.world.store;
        for running in &self.late {
            let end = throttled();
            let finished = store.runs_finish(&[(running, &end)]).await.unwrap();
            same("late end", finished, vec![Ending::LeaseLost])?;
            let failed = [(running, &end, again())];
            let retried = store.runs_retry(&failed).await.unwrap();
            same("late retry", retried, vec![Retrying::LeaseLost])?;
            let counts = SummaryCounts::default();
            let wrote = store.run_progress(running, &item(), &counts).await;
            prop_assert!(matches!(wrote, Err(StoreError::LeaseLost)));
            let back = store
                .run_hand_back(running, store::GivenBack::Stopping)
                .await;
            prop_assert!(matches!(back, Err(StoreError::LeaseLost)));
        }
        Ok(())
    }

    /// Everything the database tells of a run, as the model tells it.
    async fn told_of(&self, run: domain::ids::RunId) -> Now {
        let id = self.world.db.id(run.as_uuid());
        let raw = &self.world.db.raw;
        let texts = async |sql: &str| raw.texts(&sql.replace("$run", &id)).await;
        Now {
            ledger: texts(
                "select status || ' ' || outcome || ' ' || attempt || case when started_at is null
                 then ' never' else ' started' end from operation_runs where id = $run",
            )
            .await,
            queue: texts(
                "select status || ' ' || attempt || ' ' || retries || ' ' || rescues ||
                 case when cancel_requested_at is null then '' else ' asked' end
                 from run_queue where run_id = $run",
            )
            .await,
            attempts: texts(
                // The attempt that a run ended with has no end of its own.
                "select a.attempt || ' ' || coalesce(a.ended_by, case r.status when 'completed' then 'finished'
                 else 'open' end) from run_attempts a join operation_runs r on r.id = a.run_id
                 where a.run_id = $run order by a.attempt",
            )
            .await,
            decisions: texts(
                "select attempt || ' ' || verdict from run_decisions where run_id = $run order by attempt",
            )
            .await,
            audit: texts("select action from audit_log where run_id = $run order by sequence").await,
            notices: texts("select 'told' from notifications where run_id = $run").await,
        }
    }

    /// Ends what is still under way.
    async fn end(&mut self) {
        if let Some(running) = self.held.take() {
            self.world
                .store
                .run_hand_back(&running, store::GivenBack::Stopping)
                .await
                .unwrap();
        }
        if let Some(newest) = self.model.runs.last().map(|run| run.id) {
            let access = self.access(newest).await;
            let answer = self
                .world
                .store
                .run_cancel(&self.world.owner, &access)
                .await;
            assert!(matches!(answer.unwrap(), Cancel::Ended | Cancel::Over));
        }
    }
}

fn item() -> ItemOutcome<'static> {
    ItemOutcome {
        position: 0,
        key: "groups",
        label: "Groups",
        outcome: "succeeded",
        reason_code: None,
        message: None,
        objects: None,
    }
}
