//! The provider connection: its three axes apart (P-02).

use domain::{
    badge::{Icon, Tone},
    connection::ConsentStatus,
    link,
    views::ConnectionView,
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::{Tenant, now};
use crate::{
    api::connection::{DisableConnection, EnableConnection},
    ui::{
        action::PostForm,
        badge::{ToneBadge, VerificationBadge},
        time::Ago,
    },
};

/// The connection, or what to do about there being none.
#[component]
pub fn Connection(live: Tenant) -> impl IntoView {
    let connection = Memo::new(move |_| live.view.with(|view| view.connection.clone()));
    let (manages, href) = live
        .view
        .with_untracked(|view| (view.manages_connection, link::tenant_connection(view.id)));
    let card = move || {
        match (connection.get(), manages) {
        (Some(connection), _) => view! { <Card connection live /> }.into_any(),
        (None, true) => view! {
            <p class="my-2">
                "Nothing can run here yet. Register an application in the tenant's directory, and enter its id and secret."
            </p>
            <a class="btn btn-sm btn-primary" href=href.clone()>"Connect this tenant"</a>
        }
        .into_any(),
        (None, false) => view! {
            <p class="quiet mt-2">
                "This tenant has no provider connection yet, so nothing can run in it. A manager or owner of the tenant can connect it."
            </p>
        }
        .into_any(),
    }
    };
    view! {
        <section class="panel" aria-labelledby="connection">
            <h2 id="connection">"Provider connection"</h2>
            {card}
        </section>
    }
}

#[component]
fn Card(connection: ConnectionView, live: Tenant) -> impl IntoView {
    let checked = match connection.last_checked_at {
        Some(at) => view! { <Ago at now=now(live) /> }.into_any(),
        None => "Never".into_any(),
    };
    let manage = connection.can_manage.then(|| {
        let href = live
            .view
            .with_untracked(|view| link::tenant_connection(view.id));
        view! {
            <div class="flex flex-wrap items-start gap-2 mt-3">
                <a class="btn btn-sm" href=href>"Edit, or store a new secret"</a>
                <Switch is_on=connection.is_enabled live />
            </div>
        }
    });
    let trouble = connection.last_error_code.map(|code| {
        view! { <dt>"Last problem"</dt><dd><code>{code}</code></dd> }
    });
    view! {
        <dl class="facts mt-2">
            <dt>"Switch"</dt>
            <dd>{enabled(connection.is_enabled)}</dd>
            <dt>"Consent"</dt>
            <dd>{consent(connection.consent)}</dd>
            <dt>"Verification"</dt>
            <dd><VerificationBadge status=connection.verification /></dd>
            <dt>"Last verified"</dt>
            <dd>{checked}</dd>
            {trouble}
            <dt>"Credential"</dt>
            <dd>{if connection.has_credential { "Stored" } else { "Missing" }}</dd>
            <dt>"Name"</dt>
            <dd>{connection.name}</dd>
            <dt>"Directory"</dt>
            <dd><code>{connection.entra_tenant_id}</code></dd>
            <dt>"Application"</dt>
            <dd><code>{connection.client_id}</code></dd>
        </dl>
        {manage}
    }
}

fn enabled(is_enabled: bool) -> impl IntoView {
    let (label, icon, tone) = if is_enabled {
        ("Enabled", Icon::CircleCheck, Tone::Success)
    } else {
        ("Disabled", Icon::Ban, Tone::NeutralOutline)
    };
    view! { <ToneBadge label icon tone /> }
}

fn consent(status: ConsentStatus) -> impl IntoView {
    let (icon, tone) = match status {
        ConsentStatus::Unknown => (Icon::CircleDashed, Tone::Neutral),
        ConsentStatus::Granted => (Icon::CircleCheck, Tone::Success),
        ConsentStatus::Revoked => (Icon::CircleX, Tone::Danger),
    };
    view! { <ToneBadge label=status.label() icon tone /> }
}

/// Switches the connection on or off; a plain form, since it is pressed once in a long while.
#[component]
fn Switch(is_on: bool, live: Tenant) -> impl IntoView {
    let tenant = live.view.with_untracked(|view| view.id.to_string());
    let (path, label) = if is_on {
        (DisableConnection::PATH, "Disable connection")
    } else {
        (EnableConnection::PATH, "Enable connection")
    };
    view! {
        <PostForm action=path>
            <input type="hidden" name="tenant" value=tenant />
            <button type="submit" class="btn btn-sm">{label}</button>
        </PostForm>
    }
}
