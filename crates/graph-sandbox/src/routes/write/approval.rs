//! Multi Admin Approval: a protected change fails, and leaves a request for approval; once another person has
//! approved it, the same change is sent again with the request's code.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::Change;
use crate::catalogue::{self, APPROVALS, Collection};
use crate::clock;
use crate::encoding::{base64_decode, hex};
use crate::errors::{Family, Problem};
use crate::faults::FaultKind;
use crate::routes::drift::changed;
use crate::routes::graph::Address;
use crate::state::{Entity, Writing};

/// A request is open for three days.
const OPEN_FOR: i64 = 3 * 86_400;
/// Characters of a justification at most.
const MAX_JUSTIFICATION: usize = 1_024;
const HEADER: &str = "x-msft-approval-justification";

/// What a change has to say about approval before it is made.
pub(super) enum Leave {
    /// It needs none.
    Free,
    /// It is made with the approval of this request, which is then used up.
    With(String),
}

/// Lets a change through that needs no approval, or says whose it has; whether that holds is seen when it is made.
pub(super) fn check(change: &Change<'_>) -> Result<Leave, Problem> {
    let address = Address::of(change.call);
    let place = address.place(change.call);
    let faults = change.sandbox.faults();
    let is_protected = change.collection.family == Family::Intune
        && faults.strikes(&place, &FaultKind::ApprovalRequired);
    let Some(requests) = catalogue::by_path(APPROVALS).filter(|_| is_protected) else {
        return Ok(Leave::Free);
    };
    if let Some(code) = &change.call.approval.code {
        return Ok(Leave::With(code.clone()));
    }
    let justification = change.call.approval.justification.as_deref();
    let justification = justification
        .filter(|text| !text.is_empty())
        .ok_or_else(|| {
            refused(
                &format!("Header '{HEADER}' is required to request approval"),
                None,
            )
        })?;
    let text = base64_decode(justification)
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .filter(|text| text.chars().count() <= MAX_JUSTIFICATION)
        .ok_or_else(|| {
            Problem::BadRequest(format!(
                "Header '{HEADER}' must be base64 of at most {MAX_JUSTIFICATION} characters."
            ))
        })?;
    Err(ask(change, requests, &text)?)
}

fn refused(message: &str, code: Option<String>) -> Problem {
    Problem::NeedsApproval {
        message: message.to_owned(),
        code,
    }
}

/// Uses an approval up as part of the change that it allows: both are kept, or neither is.
pub(super) fn use_up(
    change: &Change<'_>,
    writing: &mut Writing<'_>,
    code: &str,
) -> Result<(), Problem> {
    let unknown = || refused("The approval code is not known.", None);
    let requests = catalogue::by_path(APPROVALS).ok_or_else(unknown)?;
    let request = writing.entity(requests, code).ok_or_else(unknown)?;
    if request.apart().get("#change") != Some(&json!(fingerprint(change))) {
        return Err(refused("The approval code is of another change.", None));
    }
    match status(&request, change.now()).as_str() {
        "approved" => {}
        "needsApproval" => {
            let message = "An active Approval Request already exists and has not been approved.";
            return Err(refused(message, Some(code.to_owned())));
        }
        other => return Err(refused(&format!("The Approval Request is {other}."), None)),
    }
    let completed = Map::from_iter([("status".to_owned(), json!("completed"))]);
    writing.put(requests, code, changed(&request, completed, change.now()));
    Ok(())
}

/// The same method, path and body are the same change.
fn fingerprint(change: &Change<'_>) -> String {
    let call = change.call;
    let mut hash = Sha256::new();
    let version = call.version.name();
    hash.update(format!(
        "{} {version}{} ",
        call.method,
        call.path.trim_end_matches('/')
    ));
    hash.update(&call.body);
    hex(&hash.finalize())
}

/// The code of the open request for the same change, if there is one.
fn open_request(change: &Change<'_>, requests: &Collection, print: &str) -> Option<String> {
    change.call.tenant.with(requests, |entities| {
        let mut all = entities.values();
        let found = all.find(|request| {
            request.apart().get("#change") == Some(&json!(print))
                && status(request, change.now()) == "needsApproval"
        })?;
        found.fields().get("id")?.as_str().map(str::to_owned)
    })
}

/// What a request is now: what nobody decided in time is expired.
fn status(request: &Entity, now: i64) -> String {
    let fields = request.fields();
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or("");
    let status = text("status");
    if status == "needsApproval" && text("expirationDateTime") <= clock::iso_seconds(now).as_str() {
        return "expired".to_owned();
    }
    status.to_owned()
}

/// Asks for approval, unless the same is asked already; answers what the change is refused with.
fn ask(
    change: &Change<'_>,
    requests: &'static Collection,
    justification: &str,
) -> Result<Problem, Problem> {
    let print = fingerprint(change);
    // Held from the look to the request, so that two equal changes at once are one request.
    let mut writing = change.call.tenant.writing();
    if let Some(code) = open_request(change, requests, &print) {
        let message = "An active Approval Request already exists";
        return Ok(refused(message, Some(code)));
    }
    let id = Uuid::new_v4().to_string();
    let now = change.now();
    let app = change.call.tenant.app(&change.call.app_id);
    let fields = json!({
        "@odata.type": "#microsoft.graph.operationApprovalRequest",
        "id": id,
        "requestDateTime": clock::iso_seconds(now),
        "expirationDateTime": clock::iso_seconds(now.saturating_add(OPEN_FOR)),
        "lastModifiedDateTime": clock::iso_seconds(now),
        "requestor": {"application": {
            "id": &*change.call.app_id,
            "displayName": app.map(|app| app.display_name.clone()),
        }},
        "approver": null,
        "status": "needsApproval",
        "requestJustification": justification,
        "approvalJustification": null,
        "operationApprovalPolicies": "[]",
        "#change": print,
    });
    let Value::Object(fields) = fields else {
        return Err(Problem::Unsaved);
    };
    if writing.is_full(requests) {
        return Err(Problem::Full);
    }
    writing.put(requests, &id, fields);
    writing.commit().map_err(|_| Problem::Unsaved)?;
    let message = "The operation requires the approval of another administrator; an Approval Request was made";
    Ok(refused(message, Some(id)))
}

/// Moves a request on.
pub(in crate::routes) fn set_status(
    tenant: &crate::state::Tenant,
    code: &str,
    status: &str,
    now: i64,
) -> Result<(), crate::routes::drift::MutationProblem> {
    let requests =
        catalogue::by_path(APPROVALS).ok_or(crate::routes::drift::MutationProblem::NoSuchEntity)?;
    let fields = Map::from_iter([("status".to_owned(), json!(status))]);
    crate::routes::drift::patch(tenant, requests, code, fields, now).map(|_| ())
}
