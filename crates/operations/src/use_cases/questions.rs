//! Writes whose end nobody knows, as questions to a person who can look.

use domain::{
    error::ApiError,
    ids::{IntentId, RunId},
    intent::IntentAnswer,
    views::{ActionView, QuestionView},
};
use store::{Intent, RunAccess, Scope};

use super::run_page::lacking_to_start;
use crate::{Services, problem::Answer as _};

impl Services {
    /// Writes down what a person found who looked at the provider; the run's outcome stays.
    ///
    /// # Errors
    /// `NotFound` for unknown, malformed and foreign ids alike; `Forbidden` without the capability to start
    /// the operation; `Conflict` when the run is not over or the question was answered.
    pub async fn write_resolve(
        &self,
        scope: &Scope,
        run: &str,
        intent: &str,
        answer: &str,
    ) -> Result<RunId, ApiError> {
        let request = scope.request_id();
        let id: RunId = run.parse().map_err(|_| ApiError::NotFound)?;
        let run = self.store.run(scope, id).await.answer(request)?;
        run.require_view()?;
        run.require_start()?;
        let intent: IntentId = intent.parse().map_err(|_| ApiError::NotFound)?;
        let answer = IntentAnswer::parse(answer)
            .ok_or_else(|| ApiError::invalid("answer", "Say whether it was applied or not."))?;
        self.store
            .intent_answer(scope, &run, intent, answer)
            .await
            .answer(request)?;
        tracing::info!(run.id = %id, intent.id = %intent, %answer, "a write of run {id} was looked at");
        Ok(id)
    }

    /// The questions a run has left; none while it is not over, since it looks by itself.
    pub(crate) async fn questions_of(
        &self,
        scope: &Scope,
        run: &RunAccess,
    ) -> Result<Vec<QuestionView>, ApiError> {
        if !run.run().state.is_over() {
            return Ok(Vec::new());
        }
        let questions = self.store.run_questions(run).await;
        let questions = questions.answer(scope.request_id())?;
        Ok(questions
            .iter()
            .map(|intent| view_of(run, intent))
            .collect())
    }
}

fn view_of(run: &RunAccess, intent: &Intent) -> QuestionView {
    let answer = intent.answer.as_ref();
    QuestionView {
        id: intent.id,
        sentence: format!(
            "We asked Microsoft Graph to {} the {} \u{201c}{}\u{201d} and do not know whether it did.",
            what(intent),
            kind(&intent.kind),
            intent.label,
        ),
        target: if intent.is_creation() {
            "not known".to_owned()
        } else {
            intent.target.clone()
        },
        reason_code: intent.reason_code.clone(),
        asked_at: intent.opened_at,
        answers: answer.is_none().then(|| ActionView {
            label: "Look there, then say what you found.".to_owned(),
            disabled_because: lacking_to_start(run),
        }),
        answer: answer.map(|(answer, who, _)| {
            let found = match answer {
                IntentAnswer::Applied => "it was applied",
                IntentAnswer::NotApplied => "it was not applied",
            };
            format!("{who} looked: {found}.")
        }),
        answered_at: answer.map(|(_, _, at)| *at),
    }
}

fn what(intent: &Intent) -> String {
    if intent.is_creation() {
        return "create".to_owned();
    }
    format!("change the {} of", intent.fields.join(" and "))
}

/// A kind of object as a sentence names it.
fn kind(key: &str) -> String {
    match key {
        "device_configurations" => "device configuration".to_owned(),
        other => other.replace('_', " "),
    }
}
