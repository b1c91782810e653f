//! Adding a member.

use domain::{capability::Role, link};
use leptos::prelude::*;

use super::{Members, row::roles};
use crate::{
    api::members::AddMember,
    ui::{
        action::{Submit, error_of, on_done},
        error::FormError,
    },
};

/// Adds a person by e-mail; starts with the role that can do least.
#[component]
pub fn Add(place: String, page: Members) -> impl IntoView {
    let action = ServerAction::<AddMember>::new();
    on_done(action, move |()| page.refetch());
    let invite = if place.is_empty() {
        view! {
            <p class="mt-2 quiet">
                "They have no account yet? " <a class="link" href=link::INVITATIONS>"Invite them"</a> "."
            </p>
        }
        .into_any()
    } else {
        view! {
            <p class="mt-2 quiet">
                "Only members of the workspace can be added; an owner of the workspace adds or invites others."
            </p>
        }
        .into_any()
    };
    view! {
        <section class="panel mt-4" aria-labelledby="add">
            <h2 id="add">"Add a member"</h2>
            <ActionForm action>
                <input type="hidden" name="tenant" value=place />
                <div class="flex flex-wrap items-end gap-3 mt-2">
                    <label class="field grow max-w-80">
                        "E-mail of a person with an account"
                        <input class="input input-sm w-full" type="email" name="email" autocomplete="off" required />
                    </label>
                    <label class="field">
                        "Role"
                        <select class="select select-sm w-auto" name="role">{roles(Role::Readonly)}</select>
                    </label>
                    <Submit label="Add" pending=action.pending() class="btn btn-sm btn-primary" />
                </div>
                <FormError error=error_of(action) />
            </ActionForm>
            {invite}
        </section>
    }
}
