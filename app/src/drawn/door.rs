//! The pages outside of the frame: signing in, the first start.

use domain::link;
use leptos::prelude::*;

use super::{
    asked::Asked,
    draw::drawn,
    form::{button, form, hidden},
};
use crate::{
    api::{
        drawn::Drawn,
        session::{SetUp, SignIn},
    },
    request::typed,
    ui::field::Field,
};

const WIDE: &str = "btn btn-primary w-full";

/// E-mail and password; goes on to where the person wanted to go.
pub(super) fn sign_in(asked: &Asked) -> Drawn {
    let next = asked.value("next").unwrap_or_default();
    let next = link::safe_next(&next).unwrap_or_default();
    // What was typed before a refusal; then the password is what is typed next.
    let address = typed::value("email").unwrap_or_default();
    let again = !address.is_empty();
    let fields = view! {
        {hidden("next", next)}
        <Field label="E-mail" name="email" kind="email" autocomplete="username" autofocus=!again />
        <Field label="Password" name="password" kind="password" autocomplete="current-password" autofocus=again />
    };
    drawn(
        "Sign in",
        "Operations console for your Microsoft 365 tenants.",
        form::<SignIn>(asked, fields, button("Sign in", WIDE)),
    )
}

/// Makes the first owner and workspace; the link works once.
pub(super) fn set_up(token: &str, asked: &Asked) -> Drawn {
    let fields = view! {
        {hidden("token", token)}
        <Field label="Your name" name="name" autocomplete="name" autofocus=true />
        <Field label="E-mail" name="email" kind="email" autocomplete="username" />
        <Field label="Password" name="password" kind="password" autocomplete="new-password" minlength="12"
            hint="At least 12 characters; a few words make a good password." />
        <Field label="Workspace" name="workspace" autocomplete="organization"
            hint="Your company, or the customer whose tenants you look after." />
    };
    drawn(
        "Set up TenantAtlas",
        "You become the owner of the first workspace. This link works once.",
        form::<SetUp>(asked, fields, button("Set up", WIDE)),
    )
}
