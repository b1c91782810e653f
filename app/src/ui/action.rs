//! Forms: they work without a script; with one, the answer comes without leaving the page.

use domain::error::ApiError;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::error::AppError;

/// A form that always makes a whole new page, as it should when the frame around it changes.
#[component]
pub fn PostForm(
    /// Where it posts: `SomeServerFunction::PATH`.
    action: &'static str,
    /// Classes.
    #[prop(optional)]
    class: &'static str,
    /// The fields.
    children: Children,
) -> impl IntoView {
    view! { <form method="post" action=action class=class>{children()}</form> }
}

/// A submit button that cannot be pressed while its answer is awaited.
#[component]
pub fn Submit(
    /// What it says.
    #[prop(into)]
    label: String,
    /// Whether an answer is awaited.
    #[prop(into)]
    pending: Signal<bool>,
    /// Classes.
    #[prop(default = "btn btn-sm")]
    class: &'static str,
) -> impl IntoView {
    view! {
        <button type="submit" class=class aria-disabled=move || pending.get().to_string()>
            {label}
        </button>
    }
}

/// The error of an action's last answer.
pub fn error_of<S, T>(action: ServerAction<S>) -> Signal<Option<ApiError>>
where
    S: ServerFn<Output = T, Error = AppError> + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    let value = action.value();
    Signal::derive(move || {
        value.with(|answer| match answer {
            Some(Err(AppError(error))) => Some(error.clone()),
            _ => None,
        })
    })
}

/// Calls `then` with each good answer of an action. Browser only.
pub fn on_done<S, T>(action: ServerAction<S>, then: impl Fn(T) + 'static)
where
    S: ServerFn<Output = T, Error = AppError> + Clone + Send + Sync + 'static,
    T: Clone + Send + Sync + 'static,
{
    let (value, version) = (action.value(), action.version());
    Effect::new(move |before: Option<usize>| {
        let now = version.get();
        if before.is_some_and(|before| before != now)
            && let Some(Ok(answer)) = value.get_untracked()
        {
            then(answer);
        }
        now
    });
}
