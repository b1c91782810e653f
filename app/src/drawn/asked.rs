//! The path that was asked for: which page, what a form led to.

use domain::{error::ApiError, link};
use leptos::server_fn::{ServerFn, error::ServerFnUrlError};

use crate::error::AppError;

/// A path with its query.
pub(super) struct Asked {
    path: String,
    query: Vec<(String, String)>,
}

impl Asked {
    /// Takes a path apart.
    pub(super) fn of(path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        Self {
            path: path.to_owned(),
            query: pairs
                .map(|(name, value)| (link::decode(name), link::decode(value)))
                .collect(),
        }
    }

    /// The path without its query.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// The value of a name; the last one, where a link has several.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        let mut found = self.query.iter().rev();
        found
            .find(|(n, _)| n == name)
            .map(|(_, value)| value.clone())
    }

    /// The form that was just sent and not accepted.
    pub(super) fn refused_form(&self) -> Option<String> {
        self.value("__err").and(self.value("__path"))
    }

    /// Why a form on this page was not accepted, if it was just sent and was not.
    pub(super) fn error_of<S: ServerFn>(&self) -> Option<ApiError> {
        if self.value("__path")? != S::PATH {
            return None;
        }
        self.refusal()
    }

    /// Why the form that was just sent was not accepted, whichever it was.
    pub(super) fn refusal(&self) -> Option<ApiError> {
        let AppError(error) = ServerFnUrlError::<AppError>::decode_err(&self.value("__err")?);
        Some(error)
    }

    /// Whether the page was led to by a form that did this.
    pub(super) fn is_done(&self, what: &str) -> bool {
        self.value("done").is_some_and(|done| done == what)
    }
}

#[cfg(test)]
mod tests {
    use leptos::server_fn::ServerFn;

    use super::*;
    use crate::api::workspace::{CreateWorkspace, RenameWorkspace};

    #[test]
    fn a_form_shows_its_own_last_error() {
        let refused = |message: &str| {
            let error = AppError(ApiError::invalid("Workspace", message));
            ServerFnUrlError::new(RenameWorkspace::PATH, error)
        };
        let once = refused("Once.").to_url("http://localhost/admin/workspace?a=b%20c");
        let twice = refused("Twice.").to_url(once.unwrap().as_str()).unwrap();
        let asked = Asked::of(&format!("{}?{}", twice.path(), twice.query().unwrap()));
        assert_eq!(asked.path(), "/admin/workspace");
        assert_eq!(asked.value("a").as_deref(), Some("b c"));
        let error = asked.error_of::<RenameWorkspace>();
        assert_eq!(error, Some(ApiError::invalid("Workspace", "Twice.")));
        assert_eq!(asked.error_of::<CreateWorkspace>(), None);
        assert!(!asked.is_done("saved"));
        assert!(Asked::of("/admin/workspace?done=saved").is_done("saved"));
    }
}
