//! Archiving and taking back.

use domain::lifecycle::TenantLifecycle;
use leptos::prelude::*;

use super::Tenant;
use crate::{
    api::tenant::{ArchiveTenant, ReactivateTenant},
    ui::{
        action::{Submit, error_of, on_done},
        confirm::Confirm,
        error::FormError,
        page::focus_heading,
    },
};

/// The danger zone; only for those who may.
#[component]
pub fn Danger(live: Tenant) -> impl IntoView {
    let standing = Memo::new(move |_| live.view.with(|view| (view.can_archive, view.lifecycle)));
    move || {
        let (may, lifecycle) = standing.get();
        may.then(|| {
            let content = match lifecycle {
                TenantLifecycle::Archived => view! { <Reactivate live /> }.into_any(),
                _ => view! { <Archive live /> }.into_any(),
            };
            view! {
                <section class="panel danger-zone mt-4" aria-labelledby="danger">
                    <h2 id="danger">"Danger zone"</h2>
                    {content}
                </section>
            }
        })
    }
}

#[component]
fn Archive(live: Tenant) -> impl IntoView {
    let (id, name) = live
        .view
        .with_untracked(|view| (view.id.to_string(), view.name.clone()));
    let action = ServerAction::<ArchiveTenant>::new();
    on_done(action, move |()| {
        live.refresh();
        focus_heading();
    });
    let title = format!("Archive {name}");
    view! {
        <p class="my-2">
            "Nothing runs in an archived tenant, and what is queued is blocked. Everything stays readable."
        </p>
        <Confirm label="Archive tenant\u{2026}" title class="btn btn-sm btn-outline btn-error">
            <ActionForm action>
                <input type="hidden" name="tenant" value=id />
                <label class="field">
                    <span>"Type " <strong>{name.clone()}</strong> " to confirm"</span>
                    <input class="input w-full" name="typed_name" autocomplete="off" required />
                </label>
                <FormError error=error_of(action) />
                <Submit
                    label=format!("Archive {name}")
                    pending=action.pending()
                    class="btn btn-sm btn-error mt-2"
                />
            </ActionForm>
        </Confirm>
    }
}

#[component]
fn Reactivate(live: Tenant) -> impl IntoView {
    let (id, name) = live
        .view
        .with_untracked(|view| (view.id.to_string(), view.name.clone()));
    let action = ServerAction::<ReactivateTenant>::new();
    on_done(action, move |()| {
        live.refresh();
        focus_heading();
    });
    view! {
        <p class="my-2">"The tenant is archived. Taken back, operations can be started in it again."</p>
        <ActionForm action>
            <input type="hidden" name="tenant" value=id />
            <Submit label=format!("Reactivate {name}") pending=action.pending() />
        </ActionForm>
        <FormError error=error_of(action) />
    }
}
