//! Several reads in one request: what is asked, and how the answers are read.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::client::Page;
use crate::contracts::Contract;

/// More than this many in one request are refused.
pub(crate) const LARGEST_BATCH: usize = 20;

/// One read of a batch; its address follows from the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask<'a> {
    /// The first page of a type's collection.
    FirstPage(&'static Contract),
    /// One object.
    Object {
        /// Its type.
        contract: &'static Contract,
        /// Its id.
        id: &'a str,
    },
    /// The first page of a collection of an object's own, such as its assignments.
    Part {
        /// Its type.
        contract: &'static Contract,
        /// Its id.
        id: &'a str,
        /// Its `@odata.type`, where the type decides the path.
        odata_type: Option<&'a str>,
        /// Which collection.
        part: &'static str,
    },
}

impl Ask<'_> {
    /// The type that is asked for.
    pub const fn contract(&self) -> &'static Contract {
        match self {
            Self::FirstPage(contract)
            | Self::Object { contract, .. }
            | Self::Part { contract, .. } => contract,
        }
    }
}

/// One answer of a batch.
#[derive(Debug)]
pub enum Answered {
    /// To [`Ask::FirstPage`] and [`Ask::Part`].
    Page(Page),
    /// To [`Ask::Object`].
    Object(Map<String, Value>),
}

/// One response inside the reply, as it came.
#[derive(Debug)]
pub(crate) struct Response {
    pub(crate) id: String,
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    /// Its own `Date`, which few parts of a batch have.
    pub(crate) date: Option<String>,
    pub(crate) request_id: Option<String>,
    pub(crate) body: Value,
}

#[derive(Deserialize)]
struct Envelope {
    responses: Vec<Raw>,
}

#[derive(Deserialize)]
struct Raw {
    id: Value,
    status: u16,
    #[serde(default)]
    headers: Option<Map<String, Value>>,
    #[serde(default)]
    body: Value,
}

/// Reads a batch's reply; none when it is not one.
///
/// Answers come in any order. Ids come back as text, also where numbers were sent.
pub(crate) fn responses(bytes: &[u8]) -> Option<Vec<Response>> {
    let envelope: Envelope = serde_json::from_slice(bytes).ok()?;
    let read = envelope.responses.into_iter().take(2 * LARGEST_BATCH);
    read.map(|raw| {
        let id = match raw.id {
            Value::String(id) => id,
            Value::Number(id) => id.to_string(),
            _ => return None,
        };
        let headers = raw.headers.unwrap_or_default();
        let header = |name: &str| {
            let found = headers
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))?;
            match found.1 {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                _ => None,
            }
        };
        Some(Response {
            id,
            status: raw.status,
            retry_after: header("retry-after"),
            date: header("date"),
            request_id: header("request-id"),
            body: raw.body,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p01_batches_are_read_whatever_the_form_of_ids_and_headers() {
        let reply = br#"{"responses":[
            {"id":2,"status":429,"headers":{"Retry-After":7}},
            {"id":"1","status":200,"headers":{"retry-after":"x"},"body":{"a":1}}]}"#;
        let read = responses(reply).unwrap();
        assert_eq!(read[0].id, "2");
        assert_eq!(
            (read[0].status, read[0].retry_after.as_deref()),
            (429, Some("7"))
        );
        assert_eq!(read[0].body, Value::Null);
        assert_eq!(
            (read[1].id.as_str(), &read[1].body["a"]),
            ("1", &Value::from(1))
        );
        for garbage in [
            "",
            "[]",
            "{}",
            r#"{"responses":{}}"#,
            r#"{"responses":[{"id":"1"}]}"#,
            r#"{"responses":[{"id":[],"status":200}]}"#,
            r#"{"responses":[{"id":"1","status":-1}]}"#,
        ] {
            assert!(responses(garbage.as_bytes()).is_none(), "{garbage}");
        }
        let many = r#"{"id":"1","status":200},"#.repeat(500);
        let many = format!(r#"{{"responses":[{}]}}"#, many.trim_end_matches(','));
        assert_eq!(
            responses(many.as_bytes()).unwrap().len(),
            40,
            "no more than was asked"
        );
    }
}
