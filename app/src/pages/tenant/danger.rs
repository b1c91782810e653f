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
    let changed = Changed(StoredValue::new(false));
    changed.focus_after(standing);
    move || {
        let (may, lifecycle) = standing.get();
        may.then(|| {
            let content = match lifecycle {
                TenantLifecycle::Archived => view! { <Reactivate live changed /> }.into_any(),
                _ => view! { <Archive live changed /> }.into_any(),
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

/// Whether the reader's own button changed the lifecycle; nobody else's change moves their focus.
#[derive(Clone, Copy)]
struct Changed(StoredValue<bool>);

impl Changed {
    fn note(self) {
        self.0.set_value(true);
    }

    /// Puts the focus on the heading once what had it is gone: behind an open dialog nothing takes it.
    fn focus_after(self, standing: Memo<(bool, TenantLifecycle)>) {
        Effect::new(move |before: Option<TenantLifecycle>| {
            let (_, now) = standing.get();
            if before.is_some_and(|before| before != now) && self.0.get_value() {
                self.0.set_value(false);
                focus_heading();
            }
            now
        });
    }
}

#[component]
fn Archive(live: Tenant, changed: Changed) -> impl IntoView {
    let (id, name) = live
        .view
        .with_untracked(|view| (view.id.to_string(), view.name.clone()));
    let action = ServerAction::<ArchiveTenant>::new();
    on_done(action, move |()| {
        changed.note();
        live.refresh();
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
fn Reactivate(live: Tenant, changed: Changed) -> impl IntoView {
    let (id, name) = live
        .view
        .with_untracked(|view| (view.id.to_string(), view.name.clone()));
    let action = ServerAction::<ReactivateTenant>::new();
    on_done(action, move |()| {
        changed.note();
        live.refresh();
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
