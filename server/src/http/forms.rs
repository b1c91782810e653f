//! Forms that post without a script: a refusal loses nothing of what was typed.

use app::typed;
use axum::{
    body::Bytes,
    extract::Request,
    http::{HeaderMap, header},
    response::Response,
};

/// A form whose answer is a whole page.
pub(super) struct Form {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Form {
    /// The form that a request posts; none when a script sent it, which keeps the page and its fields.
    pub(super) fn of(request: &Request) -> Option<Self> {
        let headers = request.headers();
        let accept = headers.get(header::ACCEPT)?.to_str().ok()?;
        accept.contains("text/html").then(|| Self {
            path: request.uri().path().to_owned(),
            headers: headers.clone(),
            body: Bytes::new(),
        })
    }

    /// The form with what was typed into it.
    pub(super) fn with(self, body: Bytes) -> Self {
        Self { body, ..self }
    }

    /// Keeps what was typed for the page that says why it was refused; forgets it after any other answer.
    pub(super) fn remember(self, response: &mut Response) {
        let cookie = if is_refused(response.headers()) {
            typed::keep(&self.path, &self.body)
        } else {
            typed::forget(&self.headers)
        };
        if let Some(cookie) = cookie {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
}

/// The framework leads back to the form, with the error in the query.
fn is_refused(headers: &HeaderMap) -> bool {
    let location = headers.get(header::LOCATION);
    location.is_some_and(|it| it.to_str().is_ok_and(|it| it.contains("__err=")))
}
