//! What must be so in any installation at any moment: each rule is a question to which no row is the answer.
//!
//! A look over the whole ledger, for checks from outside; the ids in the rules' names are those of
//! `specs/149-queued-execution-legitimacy/proof.md`.

mod bulks;
mod history;
mod life;
mod told;
mod writes;

use std::fmt;

use domain::ids::RunId;
use serde::Serialize;

use crate::{
    Store,
    error::StoreError,
    sql::{Row, Statement, Value, same},
};

pub use bulks::PartMade;
pub use history::{AttemptMade, ChangeMade, DecisionMade, GrantState, GrantsOf, HeldRun};
pub use writes::IntentMade;

/// A rule, and what it is called.
struct Rule {
    name: &'static str,
    /// Answers `run_id` and `what` of each row that breaks it.
    broken: &'static Statement,
}

/// A run that breaks a rule, with what its rows say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which rule.
    pub rule: String,
    /// Which run, where it is one run's.
    pub run: Option<RunId>,
    /// What the rows say.
    pub what: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.run {
            Some(run) => write!(f, "{}: run {run}: {}", self.rule, self.what),
            None => write!(f, "{}: {}", self.rule, self.what),
        }
    }
}

static ACTIVE: Statement = same(
    "invariants_active_runs",
    "select run_id, status || ', attempt ' || attempt as what from run_queue order by run_id",
);

impl Store {
    /// Every row that breaks a rule of the engine; none in an installation that is in order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn violations(&self) -> Result<Vec<Violation>, StoreError> {
        let mut found = Vec::new();
        let rules = life::RULES.iter().chain(told::RULES);
        for rule in rules.chain(writes::RULES).chain(bulks::RULES) {
            found.extend(self.broken(rule).await?);
        }
        for verdict in self.audit_verify().await? {
            if let Some(sequence) = verdict.broken_at {
                let workspace = verdict.workspace_id;
                found.push(Violation {
                    rule: "I6 the audit log is a whole chain".to_owned(),
                    run: None,
                    what: format!("workspace {workspace}: entry {sequence} does not fit"),
                });
            }
        }
        Ok(found)
    }

    /// Every run that waits or is worked on, as the queue has it.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn runs_active(&self) -> Result<Vec<(RunId, String)>, StoreError> {
        self.each(&ACTIVE, vec![], |row| {
            Ok((RunId::from_uuid(row.uuid("run_id")?), row.text("what")?))
        })
        .await
    }

    /// Every row of an answer as what it says.
    async fn each<T>(
        &self,
        statement: &'static Statement,
        args: Vec<Value>,
        read: impl Fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let rows = self.db.fetch(statement, args).await?;
        rows.iter().map(read).collect()
    }

    async fn broken(&self, rule: &Rule) -> Result<Vec<Violation>, StoreError> {
        self.each(rule.broken, vec![], |row| {
            Ok(Violation {
                rule: rule.name.to_owned(),
                run: row.opt_uuid("run_id")?.map(RunId::from_uuid),
                what: row.text("what")?,
            })
        })
        .await
    }
}
