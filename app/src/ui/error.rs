//! A page for each kind of error: what happened, and what to do.

use domain::{error::ApiError, link};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::page::Page;

/// The page of an error.
#[component]
pub fn ErrorPage(
    /// What happened.
    error: ApiError,
) -> impl IntoView {
    let title = title(&error);
    let kind = error.status().to_string();
    let text = error.to_string();
    let onward = onward(&error);
    view! {
        <Page title=title>
            <div class="panel prose grid gap-3" data-error=kind>
                <p>{text}</p>
                <p class="flex flex-wrap gap-3">{onward}</p>
            </div>
        </Page>
    }
}

const fn title(error: &ApiError) -> &'static str {
    match error {
        ApiError::SignedOut => "Signed out",
        ApiError::NotFound => "Not found",
        ApiError::Forbidden { .. } => "Not allowed",
        ApiError::Conflict { .. } => "That did not fit",
        ApiError::Invalid { .. } => "Not understood",
        ApiError::TooMany { .. } => "Too many attempts",
        ApiError::Unavailable => "Not reachable",
        ApiError::NotWritable => "Not saved",
        ApiError::Internal { .. } => "Something went wrong",
    }
}

fn onward(error: &ApiError) -> AnyView {
    let location = use_location();
    let here = move || {
        format!(
            "{}{}",
            location.pathname.get(),
            query(&location.search.get())
        )
    };
    match error {
        ApiError::SignedOut => view! {
            <a class="btn btn-primary btn-sm" rel="external" href=move || link::sign_in_then(&here())>
                "Sign in"
            </a>
        }
        .into_any(),
        ApiError::Unavailable
        | ApiError::NotWritable
        | ApiError::Internal { .. }
        | ApiError::TooMany { .. } => view! {
            <a class="btn btn-sm" rel="external" href=here>"Try again"</a>
            <a class="link" href=link::TENANTS>"All tenants"</a>
        }
        .into_any(),
        _ => view! {
            <a class="btn btn-sm" href=link::TENANTS>"All tenants"</a>
            <a class="link" href=link::OPERATIONS>"Show all operations"</a>
        }
        .into_any(),
    }
}

fn query(search: &str) -> String {
    let search = search.trim_start_matches('?');
    if search.is_empty() {
        String::new()
    } else {
        format!("?{search}")
    }
}

/// An error beside the form that caused it; empty while there is none.
#[component]
pub fn FormError(
    /// The error.
    #[prop(into)]
    error: Signal<Option<ApiError>>,
) -> impl IntoView {
    let text = move || error.get().map(|error| sentence(&error));
    view! { <p class="form-error" role="alert">{text}</p> }
}

/// The error as a sentence for the person at the form.
pub(crate) fn sentence(error: &ApiError) -> String {
    match error {
        // A whole sentence needs no field before it.
        ApiError::Invalid { message, .. } if message.starts_with(char::is_uppercase) => {
            message.clone()
        }
        ApiError::Invalid { field, message } => {
            let field = field.replace('_', " ");
            let mut letters = field.chars();
            let first = letters
                .next()
                .map(|letter| letter.to_uppercase().to_string());
            format!(
                "{}{}: {message}",
                first.unwrap_or_default(),
                letters.as_str()
            )
        }
        other => other.to_string(),
    }
}
