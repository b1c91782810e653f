//! Forms that post, and what they led to.

use domain::{capability::Role, error::ApiError};
use leptos::{prelude::*, server_fn::ServerFn};

use super::asked::Asked;
use crate::{
    request::refused::SENTENCE_ID,
    ui::{
        action::PostForm,
        error::sentence,
        icon::{Glyph, GlyphIcon},
    },
};

/// What a directory's ids look like, for the browser to check before anything is sent.
pub(super) const GUID: &str = "\\s*[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\\s*";

/// A form with its fields, the error of its last answer, and its button.
pub(super) fn form<S: ServerFn>(
    asked: &Asked,
    fields: impl IntoView + 'static,
    button: AnyView,
) -> AnyView {
    let error = asked.error_of::<S>().map(refusal);
    view! {
        <PostForm action=S::PATH>
            {error}
            {fields}
            <div class="mt-3">{button}</div>
        </PostForm>
    }
    .into_any()
}

/// The button of a form.
pub(super) fn button(label: &'static str, class: &'static str) -> AnyView {
    view! { <button type="submit" class=class>{label}</button> }.into_any()
}

/// Why a form was not accepted; it takes the focus, so that it is read first.
pub(super) fn refusal(error: ApiError) -> impl IntoView {
    view! {
        <p id=SENTENCE_ID class="form-error" role="alert" tabindex="-1" autofocus>{sentence(&error)}</p>
    }
}

/// What a form did, said once.
pub(super) fn notice(asked: &Asked, what: &str, text: &'static str) -> impl IntoView + use<> {
    asked.is_done(what).then(|| {
        view! {
            <div class="banner tone-success mb-3" role="status">
                <GlyphIcon glyph=Glyph::Info />
                <p>{text}</p>
            </div>
        }
    })
}

/// Asks before something is done that hurts, without a script: a popover with the form in it.
///
/// The first focus is on the button that changes nothing; Escape closes it, and the focus goes back.
pub(super) fn confirm(
    id: String,
    label: &'static str,
    title: String,
    consequences: &'static str,
    form: AnyView,
) -> AnyView {
    let (target, name) = (id.clone(), title.clone());
    let close = id.clone();
    view! {
        <button type="button" class="btn btn-sm btn-ghost" popovertarget=target>{label}</button>
        <div popover="auto" id=id class="confirm-dialog" role="dialog" aria-label=name>
            <h2>{title}</h2>
            <p class="my-2">{consequences}</p>
            {form}
            <button type="button" class="btn btn-sm btn-ghost" popovertarget=close popovertargetaction="hide" autofocus>
                "Keep it"
            </button>
        </div>
    }
    .into_any()
}

/// A part of a page with its heading.
pub(super) fn section(
    id: &'static str,
    title: &'static str,
    content: impl IntoView + 'static,
) -> AnyView {
    view! {
        <section class="panel mb-4 sheet" aria-labelledby=id>
            <h2 id=id>{title}</h2>
            {content}
        </section>
    }
    .into_any()
}

/// A hidden field.
pub(super) fn hidden(name: &'static str, value: impl Into<String>) -> AnyView {
    view! { <input type="hidden" name=name value=value.into() /> }.into_any()
}

/// The choice of a role; starts with the one that can do least.
pub(super) fn role_field() -> impl IntoView {
    let options = Role::ALL.iter().rev();
    let options = options.map(|role| view! { <option value=role.as_str()>{role.label()}</option> });
    view! {
        <label class="field">
            "Role in the workspace"
            <select class="select w-full" name="role">{options.collect_view()}</select>
        </label>
    }
}
