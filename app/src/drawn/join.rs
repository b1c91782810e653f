//! What an invited person sees.

use domain::views::JoinView;
use leptos::prelude::*;

use super::{
    asked::Asked,
    draw::drawn,
    form::{button, form, hidden},
};
use crate::{
    api::{drawn::Drawn, invitations::Join},
    ui::field::Field,
};

/// The page on which an invited person makes their account.
pub(super) fn page(view: &JoinView, token: &str, asked: &Asked) -> Drawn {
    let fields = view! {
        {hidden("token", token)}
        <p class="field">"E-mail" <span class="font-normal">{view.email.clone()}</span></p>
        <input type="hidden" autocomplete="username" value=view.email.clone() />
        <Field label="Your name" name="name" autocomplete="name" autofocus=true />
        <Field label="Password" name="password" kind="password" autocomplete="new-password" minlength="12"
            hint="At least 12 characters; a few words make a good password." />
    };
    let submit = button("Join", "btn btn-primary w-full");
    drawn(
        format!("Join {}", view.workspace),
        format!(
            "{} invited you as {}. You make your account here; this link works once.",
            view.inviter,
            view.role.label()
        ),
        form::<Join>(asked, fields, submit),
    )
}
