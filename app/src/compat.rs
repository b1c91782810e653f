//! What the next Leptos does by itself: statuses of errors, redirects of forms, timers.

use std::time::Duration;

use leptos::prelude::{TimeoutHandle, set_timeout_with_handle};

/// A timer that can be stopped.
#[derive(Clone, Copy)]
pub struct Timer(Option<TimeoutHandle>);

impl Timer {
    /// Stops the timer; harmless when it has rung.
    pub fn stop(self) {
        if let Some(handle) = self.0 {
            handle.clear();
        }
    }
}

/// Calls `ring` once after some time. Browser only.
pub fn after(delay: Duration, ring: impl FnOnce() + 'static) -> Timer {
    Timer(set_timeout_with_handle(ring, delay).ok())
}

#[cfg(feature = "ssr")]
pub use server::{redirect, redirect_form, set_status, settle};

#[cfg(feature = "ssr")]
mod server {
    use domain::{error::ApiError, link};
    use http::{StatusCode, header::ACCEPT, request::Parts};
    use leptos::prelude::use_context;
    use leptos_axum::ResponseOptions;

    use crate::{error::AppError, request::page};

    /// How the present answer leaves the server.
    enum Answer {
        /// As a rendered page.
        Page(String),
        /// As the redirect after a form without JavaScript.
        Form,
        /// As data for a script.
        Data,
    }

    fn answer() -> Answer {
        let Some(parts) = use_context::<Parts>() else {
            return Answer::Data;
        };
        if let Some(page) = page() {
            return Answer::Page(page);
        }
        let accept = parts
            .headers
            .get(ACCEPT)
            .and_then(|value| value.to_str().ok());
        if accept.is_some_and(|value| value.contains("text/html")) {
            Answer::Form
        } else {
            Answer::Data
        }
    }

    /// Turns a use case's answer into a server function's, with the status that says the same.
    pub fn settle<T>(result: Result<T, ApiError>) -> Result<T, AppError> {
        result.map_err(|error| {
            set_status(&error);
            AppError(error)
        })
    }

    /// Sets the status of an error on the present answer; a page of somebody signed out leads to the sign-in page.
    pub fn set_status(error: &ApiError) {
        match (answer(), error) {
            (Answer::Page(path), ApiError::SignedOut) => redirect(&link::sign_in_then(&path)),
            // The framework redirects back to the form, with the error in the URL.
            (Answer::Form, _) => {}
            (Answer::Page(_) | Answer::Data, error) => {
                if let (Some(response), Ok(status)) = (
                    use_context::<ResponseOptions>(),
                    StatusCode::from_u16(error.status()),
                ) {
                    response.set_status(status);
                }
            }
        }
    }

    /// Leads the browser elsewhere, whether a script or a form asked.
    pub fn redirect(path: &str) {
        // Only characters of a URL: a header would refuse others.
        if path.bytes().all(|byte| byte.is_ascii_graphic()) {
            leptos_axum::redirect(path);
        }
    }

    /// Leads the browser elsewhere after a form without JavaScript; a script gets the answer itself.
    pub fn redirect_form(path: &str) {
        if matches!(answer(), Answer::Form) {
            redirect(path);
        }
    }
}
