//! What a run sets out to change at the provider: written before each call, closed after it.

use domain::{
    ids::{IntentId, RunId},
    intent::{IntentAnswer, IntentState},
    time::Timestamp,
};
use policy::Running;
use serde_json::json;

use super::RunAccess;
use crate::{
    Store,
    audit::{AuditActor, AuditEntry, action, append, to_json},
    authority,
    error::StoreError,
    new_id::new_id,
    scope::Scope,
    sql::{Row, Statement, Tx, args, dialects, same},
    versions::touch,
};

/// A write that is about to be made.
#[derive(Debug, Clone)]
pub struct NewIntent<'a> {
    /// What names the effect within its run, whichever attempt brings it about.
    pub op_key: &'a str,
    /// The kind of object, by the provider contract's key.
    pub kind: &'a str,
    /// The object's id at the provider; empty for one that is to come to be.
    pub target: &'a str,
    /// What the object is called.
    pub label: &'a str,
    /// Which of its fields are changed.
    pub fields: &'a [&'a str],
    /// Hash of those fields as they are to become.
    pub body_hash: [u8; 32],
    /// Hash of those fields as they were found; of the ids of its namesakes for one that is to come to be.
    pub before_hash: [u8; 32],
}

/// How a write ended that a run had set out for.
#[derive(Debug, Clone)]
pub enum IntentEnd {
    /// It happened.
    Done {
        /// The provider's id of the exchange.
        request_id: Option<String>,
    },
    /// It did not happen.
    Failed {
        /// Why, as a normalised code.
        reason_code: String,
    },
    /// It may have happened, and looking did not tell.
    Indeterminate {
        /// Why, as a normalised code.
        reason_code: String,
    },
}

/// A write that a run set out for, as it stands.
#[derive(Debug, Clone)]
pub struct Intent {
    /// Which one.
    pub id: IntentId,
    /// The attempt that set out for it.
    pub attempt: i64,
    /// What names the effect within its run.
    pub op_key: String,
    /// The kind of object.
    pub kind: String,
    /// The object's id at the provider; empty where it was to come to be.
    pub target: String,
    /// What the object is called.
    pub label: String,
    /// Which of its fields were to change.
    pub fields: Vec<String>,
    /// Hash of those fields as they were to become.
    pub body_hash: Vec<u8>,
    /// Hash of those fields as they were found.
    pub before_hash: Vec<u8>,
    /// What is known of it.
    pub state: IntentState,
    /// Why it did not happen or is not known, as a code.
    pub reason_code: Option<String>,
    /// When it was set out for.
    pub opened_at: Timestamp,
    /// What a person found who looked, with the person's name and the moment.
    pub answer: Option<(IntentAnswer, String, Timestamp)>,
}

// No write without its attempt, and the attempt stays what it is until the intent is there.
static FENCE: Statement = dialects(
    "write_intent_fence",
    "select id from operation_runs where id = $1 and attempt = $2 and status = 'running'",
    "select id from operation_runs where id = $1 and attempt = $2 and status = 'running' for share",
);
static OPEN: Statement = dialects(
    "write_intent_open",
    "insert into write_intents (workspace_id, scope_id, id, run_id, attempt, op_key, kind, target, label, fields,
       body_hash, before_hash, opened_at)
     select $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13
     where not exists (select 1 from write_intents w where w.run_id = $4 and w.op_key = $6 and w.state <> 'failed')",
    "insert into write_intents (workspace_id, scope_id, id, run_id, attempt, op_key, kind, target, label, fields,
       body_hash, before_hash, opened_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
     on conflict (run_id, op_key) where state <> 'failed' do nothing",
);
static CLOSE: Statement = same(
    "write_intent_close",
    "update write_intents set state = $3, reason_code = $4, request_id = $5, closed_at = $6
     where id = $1 and run_id = $2 and state = 'open'",
);
static OF_RUN: Statement = same(
    "write_intents_of",
    "select id, attempt, op_key, kind, target, label, fields, body_hash, before_hash, state, reason_code, opened_at,
       answer, answered_name, answered_at
     from write_intents where run_id = $1 and state <> 'failed' order by opened_at, id",
);
static QUESTIONS: Statement = same(
    "write_intent_questions",
    "select id, attempt, op_key, kind, target, label, fields, body_hash, before_hash, state, reason_code, opened_at,
       answer, answered_name, answered_at
     from write_intents where run_id = $1 and state in ('open', 'indeterminate', 'resolved')
     order by opened_at, id limit 100",
);
// While the run is not over, it is asked of the provider by the run itself.
static ANSWER: Statement = same(
    "write_intent_answer",
    "update write_intents set state = 'resolved', answer = $3, answered_by = $4, answered_name = $5, answered_at = $6,
       closed_at = coalesce(closed_at, $6)
     where id = $1 and run_id = $2 and state in ('open', 'indeterminate')
       and exists (select 1 from operation_runs r where r.id = write_intents.run_id and r.status = 'completed')",
);

impl Intent {
    /// Whether an object was to come to be, and so had no id.
    pub fn is_creation(&self) -> bool {
        self.target.is_empty()
    }
}

fn intent_of(row: &Row) -> Result<Intent, StoreError> {
    let answer = row.opt_word("answer", IntentAnswer::parse)?;
    let answer = match answer {
        None => None,
        Some(answer) => Some((
            answer,
            row.opt_text("answered_name")?.unwrap_or_default(),
            row.time("answered_at")?,
        )),
    };
    Ok(Intent {
        id: IntentId::from_uuid(row.uuid("id")?),
        attempt: row.int("attempt")?,
        op_key: row.text("op_key")?,
        kind: row.text("kind")?,
        target: row.text("target")?,
        label: row.text("label")?,
        fields: row.json("fields")?,
        body_hash: row.bytes("body_hash")?,
        before_hash: row.bytes("before_hash")?,
        state: row.word("state", IntentState::parse)?,
        reason_code: row.opt_text("reason_code")?,
        opened_at: row.time("opened_at")?,
        answer,
    })
}

async fn fenced(tx: &mut Tx, running: &Running) -> Result<(), StoreError> {
    let key = running.key();
    let held = tx.first(&FENCE, args![key.run_id, key.attempt]).await?;
    held.map(drop).ok_or(StoreError::LeaseLost)
}

impl Store {
    /// Writes down a write before it is made; when this returns, a crash cannot hide that it was set out for.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over, `Conflict` when the same effect was brought about,
    /// or may have been: then nothing may be sent.
    pub async fn intent_open(
        &self,
        running: &Running,
        intent: &NewIntent<'_>,
    ) -> Result<IntentId, StoreError> {
        let key = running.key();
        let id = new_id(IntentId::from_uuid);
        let mut tx = self.db.write().await?;
        fenced(&mut tx, running).await?;
        let now = tx.now().await?;
        let args = args![
            key.workspace_id,
            key.scope_id,
            id,
            key.run_id,
            key.attempt,
            intent.op_key,
            intent.kind,
            intent.target,
            intent.label,
            to_json(&intent.fields)?,
            intent.body_hash,
            intent.before_hash,
            now,
        ];
        if tx.execute(&OPEN, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        tx.commit().await?;
        Ok(id)
    }

    /// Writes down how a write ended that this run had set out for, in this attempt or an earlier one.
    ///
    /// # Errors
    /// `LeaseLost` when another attempt has taken over, `Conflict` when it was closed before.
    pub async fn intent_close(
        &self,
        running: &Running,
        intent: IntentId,
        end: &IntentEnd,
    ) -> Result<(), StoreError> {
        let key = running.key();
        let (state, reason, request_id) = match end {
            IntentEnd::Done { request_id } => (IntentState::Done, None, request_id.clone()),
            IntentEnd::Failed { reason_code } => {
                (IntentState::Failed, Some(reason_code.clone()), None)
            }
            IntentEnd::Indeterminate { reason_code } => {
                (IntentState::Indeterminate, Some(reason_code.clone()), None)
            }
        };
        let mut tx = self.db.write().await?;
        fenced(&mut tx, running).await?;
        let now = tx.now().await?;
        let args = args![intent, key.run_id, state.as_str(), reason, request_id, now];
        if tx.execute(&CLOSE, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        touch(&mut tx, [(key.scope_id, key.workspace_id)].into()).await?;
        tx.commit().await
    }

    /// Every write that this run has set out for and that is not known to have failed, whichever attempt did.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn intents_of(&self, running: &Running) -> Result<Vec<Intent>, StoreError> {
        let rows = self.db.fetch(&OF_RUN, args![running.key().run_id]).await?;
        rows.iter().map(intent_of).collect()
    }

    /// The writes of a run whose end nobody knew, answered or not; at most 100.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_questions(&self, run: &RunAccess) -> Result<Vec<Intent>, StoreError> {
        let rows = self.db.fetch(&QUESTIONS, args![run.run().id]).await?;
        rows.iter().map(intent_of).collect()
    }

    /// Writes down what a person found who looked at the provider; the run's outcome stays.
    ///
    /// # Errors
    /// `Conflict` when the run is not over, the question was answered before, or the person's role has changed
    /// meanwhile; `NotFound` when they have lost the run.
    pub async fn intent_answer(
        &self,
        scope: &Scope,
        run: &RunAccess,
        intent: IntentId,
        answer: IntentAnswer,
    ) -> Result<(), StoreError> {
        let row = run.run();
        let run_id: RunId = row.id;
        let mut tx = self.db.write().await?;
        authority::hold_of_run(&mut tx, scope, run).await?;
        let now = tx.now().await?;
        let args = args![
            intent,
            run_id,
            answer.as_str(),
            scope.user_id,
            &*scope.display_name,
            now
        ];
        if tx.execute(&ANSWER, args).await? == 0 {
            return Err(StoreError::Conflict);
        }
        let entry = AuditEntry {
            workspace_id: row.workspace_id,
            scope_id: row.scope_id,
            action: action::WRITE_INTENT_RESOLVED,
            actor: AuditActor::of(scope),
            subject_id: intent.as_uuid(),
            run_id: Some(run_id),
            detail: json!({ "answer": answer }).to_string(),
        };
        append(&mut tx, now, vec![entry]).await?;
        tx.commit().await
    }
}
