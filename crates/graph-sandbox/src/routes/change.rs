//! Changing one object: `PATCH` as Graph takes it, with its state kept and its effect in the journal.

use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::request::GraphCall;
use crate::Sandbox;
use crate::catalogue::Collection;
use crate::errors::Problem;
use crate::odata::Key;
use crate::permissions;
use crate::reply::Reply;
use crate::state::{PatchProblem, Patched};

/// Fields that Graph keeps itself; a change that names them leaves them as they are.
const KEPT: &[&str] = &[
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "version",
    "supportsScopeTags",
];

/// Changes the named fields of one object; answers 204 as the real service was seen to.
pub(super) fn patch(
    sandbox: &Sandbox,
    call: &GraphCall,
    collection: &'static Collection,
    key: &Key,
) -> Result<Reply, Problem> {
    let Some(body) = call.body.as_ref().filter(|_| !collection.write.is_empty()) else {
        return Err(Problem::MethodNotAllowed);
    };
    if !permissions::opens(collection.write, &call.roles) {
        return Err(Problem::MissingRole(collection.write));
    }
    let Key::Id(id) = key else {
        return Err(Problem::BadRequest(
            "An object is changed under its id.".to_owned(),
        ));
    };
    let fields = fields_of(body)?;
    let patched = call
        .tenant
        .patch_fields(collection, id, fields, call.trace.seconds);
    let effect = patched.map_err(|problem| match problem {
        PatchProblem::NoSuchEntity => Problem::NotFound(id.chars().take(200).collect()),
        PatchProblem::OtherType => Problem::BadRequest(
            "The property '@odata.type' must name the type of the object.".to_owned(),
        ),
    })?;
    sandbox.journal().wrote(call.seq, effect.into());
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

impl From<Patched> for crate::journal::WriteEffect {
    fn from(patched: Patched) -> Self {
        match patched {
            Patched::Changed => Self::Applied,
            Patched::Same => Self::Repeated,
        }
    }
}

fn fields_of(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    let malformed = || Problem::BadRequest("The body is not a JSON object.".to_owned());
    let body: Value = serde_json::from_slice(body).map_err(|_| malformed())?;
    let Value::Object(mut fields) = body else {
        return Err(malformed());
    };
    fields.retain(|name, _| !KEPT.contains(&name.as_str()));
    Ok(fields)
}
