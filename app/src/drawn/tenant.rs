//! Adding a tenant, and what it is called.

use domain::{link, views::TenantSettingsView};
use leptos::prelude::*;

use super::{
    asked::Asked,
    draw::drawn,
    form::{GUID, button, form, hidden, notice, section},
};
use crate::{
    api::{
        drawn::Drawn,
        tenant::{ChangeTenant, CreateTenant},
    },
    ui::field::Field,
};

const WHERE_IT_IS: &str = "A GUID. In the Entra admin center it stands on the overview page, as \u{201c}Tenant ID\u{201d}.";

/// The page on which a tenant is added.
pub(super) fn new_page(workspace: &str, asked: &Asked) -> Drawn {
    let fields = view! {
        <Field label="Name" name="name" autofocus=true
            hint="What your team calls this tenant, such as the customer's name." />
        <Field label="Directory id" name="directory" pattern=GUID hint=WHERE_IT_IS />
    };
    let content = view! {
        <p class="my-2 quiet">
            "It starts as a draft, in which nothing runs. You become its owner, and alone can see it until you add members."
        </p>
        {form::<CreateTenant>(asked, fields, button("Add tenant", "btn btn-primary"))}
    };
    drawn(
        "Add a tenant",
        format!("A Microsoft 365 directory that {workspace} looks after."),
        section("new", "New tenant", content),
    )
}

/// The settings of a tenant.
pub(super) fn settings_page(view: TenantSettingsView, asked: &Asked) -> Drawn {
    let name = view.tenant.name.clone();
    let overview = link::tenant(view.tenant.id);
    let directory = view.directory.unwrap_or_default();
    let directory = if view.is_connected {
        view! {
            <p class="field">
                "Directory id"
                <code>{directory}</code>
                <span class="quiet">"A connection signs in to this directory, so it stays."</span>
            </p>
        }
        .into_any()
    } else {
        view! { <Field label="Directory id" name="directory" pattern=GUID hint=WHERE_IT_IS value=directory /> }
            .into_any()
    };
    let fields = view! {
        {hidden("tenant", view.tenant.id.to_string())}
        <Field label="Name" name="name" value=name.clone() />
        {directory}
    };
    let details = view! {
        {notice(asked, "saved", "The settings are saved.")}
        {form::<ChangeTenant>(asked, fields, button("Save", "btn btn-sm btn-primary"))}
    };
    let life = view! {
        <p class="my-2">{view.lifecycle.label()} ". " {view.lifecycle.in_words()}</p>
        <p class="quiet">
            "What comes next, and putting the tenant away, is on "
            <a class="link" href=overview.clone()>"its page"</a> "."
        </p>
    };
    drawn(
        format!("Settings of {name}"),
        "What it is called, and which directory it is.",
        view! {
            <p class="mb-3"><a class="link" href=overview>{format!("Back to {name}")}</a></p>
            {section("details", "Name and directory", details)}
            {section("life", "Lifecycle", life)}
        },
    )
}
