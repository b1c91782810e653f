//! Where the tenant is in its life, what that means, and how it gets into service (L-17).

use domain::{
    connection::VerificationStatus,
    lifecycle::TenantLifecycle,
    link,
    views::{ConnectionView, TenantView},
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::Tenant;
use crate::{
    api::tenant::{ActivateTenant, OnboardTenant},
    ui::{action::PostForm, badge::LifecycleBadge},
};

/// The badge, and what runs in this part of the tenant's life.
#[component]
pub fn Lifecycle(live: Tenant) -> impl IntoView {
    let lifecycle = Memo::new(move |_| live.view.with(|view| view.lifecycle));
    move || {
        let lifecycle = lifecycle.get();
        view! {
            <LifecycleBadge lifecycle />
            <span class="quiet">{lifecycle.in_words()}</span>
        }
    }
}

/// The steps into service, for who may take them, until the last one is taken.
#[component]
pub fn IntoService(live: Tenant) -> impl IntoView {
    let steps = Memo::new(move |_| live.view.with(steps));
    move || {
        let (lifecycle, steps) = steps.get()?;
        let tenant = live.view.with_untracked(|view| view.id.to_string());
        // The button that is next is the one to press.
        let is_next = steps.iter().all(|(_, done)| *done);
        let (path, label) = match lifecycle {
            TenantLifecycle::Draft => (OnboardTenant::PATH, "Begin onboarding"),
            _ if is_next => (ActivateTenant::PATH, "Activate"),
            _ => (
                ActivateTenant::PATH,
                "Activate without a verified connection",
            ),
        };
        let class = if is_next {
            "btn btn-sm btn-primary"
        } else {
            "btn btn-sm"
        };
        let steps = steps.into_iter().map(|(text, done)| {
            let mark = if done { "Done: " } else { "To do: " };
            view! { <li data-done=done.to_string()><span class="quiet">{mark}</span>{text}</li> }
        });
        Some(view! {
            <section class="panel mb-4" aria-labelledby="into-service">
                <h2 id="into-service">"Into service"</h2>
                <ol class="steps-list my-2">{steps.collect_view()}</ol>
                <PostForm action=path>
                    <input type="hidden" name="tenant" value=tenant />
                    <button type="submit" class=class>{label}</button>
                </PostForm>
            </section>
        })
    }
}

/// One step, and whether it is done.
type Step = (&'static str, bool);

/// What to do before the next button, while there is one.
fn verification_step(connection: Option<&ConnectionView>) -> &'static str {
    match connection.map(|it| it.verification) {
        Some(VerificationStatus::Failed) => {
            "Verify the connection again. The last verification found that it cannot be used."
        }
        _ => "Verify the connection. Only this runs until the tenant is active.",
    }
}

fn steps(view: &TenantView) -> Option<(TenantLifecycle, Vec<Step>)> {
    let lifecycle = view.lifecycle;
    lifecycle.next().filter(|_| view.manages_settings)?;
    let connection = view.connection.as_ref();
    let connected = connection.is_some_and(|it| it.has_credential);
    let verified = connection.is_some_and(|it: &ConnectionView| it.verification.is_usable());
    let steps = match lifecycle {
        TenantLifecycle::Draft => vec![(
            "Connect the tenant to its directory. Onboarding can begin without it.",
            connected,
        )],
        _ => vec![
            ("Connect the tenant to its directory.", connected),
            (verification_step(connection), verified),
        ],
    };
    Some((lifecycle, steps))
}

/// The way to the tenant's settings, for who may change them.
#[component]
pub fn SettingsLink(live: Tenant) -> impl IntoView {
    let (manages, id) = live
        .view
        .with_untracked(|view| (view.manages_settings, view.id));
    manages.then(|| view! { <a class="btn btn-sm" href=link::tenant_settings(id)>"Settings"</a> })
}
