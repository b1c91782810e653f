//! Multi Admin Approval: changes that a second person in the tenant must allow first.

use serde_json::{Map, Value};

use crate::redact::SafeText;

pub(crate) const JUSTIFICATION_HEADER: &str = "x-msft-approval-justification";
pub(crate) const CODE_HEADER: &str = "x-msft-approval-code";
/// Where the requests are read; their reading permission is in no source, so they have no contract.
pub(crate) const REQUESTS_PATH: &str = "/beta/deviceManagement/operationApprovalRequests";
const LONGEST_JUSTIFICATION: usize = 1024;

/// What is sent with a change once it is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalCode(String);

impl ApprovalCode {
    /// A code in the form in which they come; nothing else goes into a header.
    pub fn parse(text: &str) -> Option<Self> {
        SafeText::identifier(text.trim()).map(|code| Self(code.into_string()))
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A request for approval as the tenant knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApprovalRequest {
    /// What names it; it is the code of the change too.
    pub code: ApprovalCode,
    /// How it stands.
    pub status: ApprovalStatus,
    /// The words that were sent with the change.
    pub justification: String,
}

/// How a request for approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApprovalStatus {
    /// Nobody has decided.
    Waiting,
    /// The change may be sent again, with its code.
    Approved,
    /// It was refused.
    Rejected,
    /// It was taken back, or three days have passed.
    Over,
    /// The change was made.
    Completed,
    /// A word that is not known here; it is not taken for an approval.
    Unknown,
}

impl ApprovalRequest {
    pub(crate) fn from_object(object: &Map<String, Value>) -> Option<Self> {
        let text = |key: &str| object.get(key).and_then(Value::as_str);
        Some(Self {
            code: ApprovalCode::parse(text("id")?)?,
            status: match text("status")? {
                "needsApproval" => ApprovalStatus::Waiting,
                "approved" => ApprovalStatus::Approved,
                "rejected" => ApprovalStatus::Rejected,
                "cancelled" | "expired" => ApprovalStatus::Over,
                "completed" => ApprovalStatus::Completed,
                _ => ApprovalStatus::Unknown,
            },
            justification: text("requestJustification").unwrap_or_default().to_owned(),
        })
    }
}

/// The words as the header takes them: base64 of UTF-8, of bounded length.
pub(crate) fn justification_header(words: &str) -> String {
    let mut end = words.len().min(LONGEST_JUSTIFICATION);
    while !words.is_char_boundary(end) {
        end -= 1;
    }
    crate::base64::standard(words.get(..end).unwrap_or_default().as_bytes())
}

/// What a refusal says about approval.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    /// A justification has to be sent with the change.
    Justification,
    /// A person has been asked.
    Asked,
}

/// Whether a refusal is about approval; its words are all there is to tell by.
pub(crate) fn demand(message: &str) -> Option<Demand> {
    if message.contains(JUSTIFICATION_HEADER) || message.contains("is required to request approval")
    {
        Some(Demand::Justification)
    } else if message.contains("active Approval Request already exists") {
        Some(Demand::Asked)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn b05_only_the_word_for_it_is_an_approval() {
        let status = |word: &str| {
            let object = serde_json::json!({"id": "c-1", "status": word});
            ApprovalRequest::from_object(object.as_object().unwrap())
                .unwrap()
                .status
        };
        assert_eq!(status("approved"), ApprovalStatus::Approved);
        assert_eq!(status("needsApproval"), ApprovalStatus::Waiting);
        assert_eq!(status("expired"), ApprovalStatus::Over);
        for odd in ["Approved", "", "approvedByMe"] {
            assert_eq!(status(odd), ApprovalStatus::Unknown, "{odd}");
        }
        assert_eq!(ApprovalCode::parse("a\r\nb"), None);
    }

    #[test]
    fn b05_a_justification_is_cut_between_characters() {
        assert_eq!(justification_header("Zürich"), "WsO8cmljaA==");
        let long = "ü".repeat(2_000);
        assert_eq!(
            justification_header(&long).len(),
            1024_usize.div_ceil(3) * 4
        );
        let odd = format!("a{long}");
        assert_eq!(justification_header(&odd).len(), 1023_usize.div_ceil(3) * 4);
    }

    #[test]
    fn b05_demands_are_told_from_other_refusals() {
        let header = "Header 'x-msft-approval-justification' is required to request approval";
        assert_eq!(demand(header), Some(Demand::Justification));
        let open = "An active Approval Request already exists for this item";
        assert_eq!(demand(open), Some(Demand::Asked));
        assert_eq!(demand("Forbidden"), None);
    }
}
