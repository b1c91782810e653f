//! The words of the operations list's URL, checked: each is understood or refused by its field.

use domain::{
    error::ApiError,
    ids::{RunId, TenantId},
    operation::OperationType,
    run::{RunOutcome, RunStatus},
    time::{DAY, HOUR, Timestamp},
    views::{InitiatorKind, OperationsQuery, SortOrder},
};
use store::{RunOrder, Scope, TenantAccess};

use super::header::selected;

/// The states of runs that are not over.
pub(super) const ACTIVE: [&str; 2] = ["queued", "running"];

/// The tenant a list is about: the one of the URL, else the selected one, else none.
pub(super) fn tenant_of_query<'a>(
    scope: &Scope,
    tenants: &'a [TenantAccess],
    query: &OperationsQuery,
) -> Result<Option<&'a TenantAccess>, ApiError> {
    match query.tenant.as_str() {
        "" => Ok(selected(scope, tenants)),
        "all" => Ok(None),
        id => {
            let id: TenantId = id.parse().map_err(|_| ApiError::NotFound)?;
            tenants
                .iter()
                .find(|t| t.id() == id)
                .map(Some)
                .ok_or(ApiError::NotFound)
        }
    }
}

pub(super) fn states_of(word: &str) -> Result<Vec<&'static str>, ApiError> {
    if word.is_empty() || word == "all" {
        return Ok(Vec::new());
    }
    if word == "active" {
        return Ok(ACTIVE.to_vec());
    }
    let status = RunStatus::parse(word).map(RunStatus::as_str);
    let outcome = RunOutcome::parse(word).map(RunOutcome::as_str);
    outcome
        .or(status)
        .map(|state| vec![state])
        .ok_or_else(|| unknown("state"))
}

pub(super) fn operations_of(code: &str) -> Result<Vec<OperationType>, ApiError> {
    if code.is_empty() {
        return Ok(Vec::new());
    }
    OperationType::parse(code)
        .map(|operation| vec![operation])
        .ok_or_else(|| unknown("operation"))
}

pub(super) fn initiator_of(word: &str) -> Result<InitiatorKind, ApiError> {
    match word {
        "" => Ok(InitiatorKind::Any),
        word => InitiatorKind::parse(word).ok_or_else(|| unknown("initiator")),
    }
}

pub(super) fn order_of(word: &str) -> Result<RunOrder, ApiError> {
    match SortOrder::parse(word) {
        Some(SortOrder::Newest) => Ok(RunOrder::Newest),
        Some(SortOrder::Oldest) => Ok(RunOrder::Oldest),
        None if word.is_empty() => Ok(RunOrder::Newest),
        None => Err(unknown("sort")),
    }
}

pub(super) fn span_of(word: &str) -> Result<Option<i64>, ApiError> {
    match word {
        "" => Ok(None),
        "1h" => Ok(Some(HOUR)),
        "24h" => Ok(Some(DAY)),
        "7d" => Ok(Some(7 * DAY)),
        "30d" => Ok(Some(30 * DAY)),
        _ => Err(unknown("since")),
    }
}

/// A run that is other people's has no parts here, as one that never was.
pub(super) fn parent_of(word: &str) -> Result<Option<RunId>, ApiError> {
    if word.is_empty() {
        return Ok(None);
    }
    word.parse().map(Some).map_err(|_| unknown("parent"))
}

pub(super) fn after_of(word: &str) -> Result<Option<(Timestamp, RunId)>, ApiError> {
    if word.is_empty() {
        return Ok(None);
    }
    let parsed = word
        .split_once('_')
        .and_then(|(at, id)| Some((Timestamp(at.parse().ok()?), id.parse::<RunId>().ok()?)));
    parsed.map(Some).ok_or_else(|| unknown("after"))
}

fn unknown(field: &str) -> ApiError {
    ApiError::invalid(
        field,
        "This filter value means nothing here. Reset the filters to go on.",
    )
}
