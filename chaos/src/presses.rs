//! Presses of a start button, over HTTP as a browser sends them: the pages may be killed in the middle of one.

use std::collections::BTreeMap;

use domain::{operation::OperationType, views::StartAnswer};
use tokio::time::Instant;

use crate::{
    check::{Broken, of_trial},
    http,
    installation::Site,
    pages::Absences,
};

/// A press, and what came back.
#[derive(Debug, Clone)]
pub(crate) struct Press {
    from: Instant,
    until: Instant,
    /// Zero where nothing came back.
    status: u16,
    /// What the pages said of the run, where they said it.
    pub(crate) answer: Option<StartAnswer>,
}

impl Press {
    /// Whether the pages said that this person may not, or is nobody they know.
    pub(crate) const fn is_forbidden(&self) -> bool {
        matches!(self.status, 401 | 403 | 404)
    }
}

/// A tenant's operator presses the button of an operation once.
pub(crate) async fn press(pages: &str, site: &Site, operation: OperationType) -> Press {
    let (tenant, operation) = (site.tenant.id(), operation.as_str());
    let form = format!("tenant={tenant}&operation={operation}");
    let path = "/api/run/start";
    let from = Instant::now();
    let (status, body) = http::answer_to(&site.session, pages, "POST", path, &form).await;
    let answer = (status == 200).then(|| serde_json::from_str(&body));
    Press {
        from,
        until: Instant::now(),
        status,
        answer: answer.and_then(Result::ok),
    }
}

/// How often each status came back, and every press that broke off though the pages were there, or was answered in
/// words that nobody knows.
pub(crate) fn check(presses: &[Press], absences: &Absences) -> (BTreeMap<u16, u64>, Vec<Broken>) {
    let (mut statuses, mut found) = (BTreeMap::new(), Vec::new());
    for press in presses {
        *statuses.entry(press.status).or_default() += 1;
        let is_cut = press.status == 0 && absences.overlap(press.from, press.until);
        let is_unreadable = press.status == 200 && press.answer.is_none();
        if !is_cut && (http::broke_off(press.status) || is_unreadable) {
            let what = format!("a press was answered with {}", press.status);
            found.push(of_trial(http::ANSWER, what));
        }
    }
    (statuses, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Press {
        let now = Instant::now();
        Press {
            from: now,
            until: now,
            status,
            answer: None,
        }
    }

    #[test]
    fn i11_a_press_that_broke_off_is_named_unless_the_pages_were_away() {
        let all: Vec<_> = [0, 200, 403, 409, 500, 503].map(answered).into();
        let (statuses, found) = check(&all, &Absences::default());
        assert_eq!(statuses.len(), all.len());
        let named: Vec<_> = found.iter().map(|it| it.what.as_str()).collect();
        let broke = [0, 200, 500].map(|it| format!("a press was answered with {it}"));
        assert_eq!(named, broke);

        let absences = Absences::default();
        absences.gone();
        let (_, found) = check(&[answered(0), answered(500)], &absences);
        assert_eq!(found.len(), 1, "{found:?}");
    }
}
