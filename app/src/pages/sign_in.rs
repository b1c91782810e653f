//! `/sign-in`.

use domain::link;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::{
    api::session::SignIn,
    ui::{
        action::{Submit, error_of},
        error::FormError,
        field::Field,
        page::Page,
    },
};

/// E-mail and password; goes on to where the person wanted to go.
#[component]
pub fn SignInPage() -> impl IntoView {
    let action = ServerAction::<SignIn>::new();
    let query = use_query_map();
    let next = move || {
        let next = query.read().get("next").unwrap_or_default();
        link::safe_next(&next).unwrap_or_default().to_owned()
    };
    view! {
        <main class="page door">
            <div class="panel grid gap-2">
                <p class="rail-brand"><span class="rail-mark" aria-hidden="true"></span> "TenantAtlas"</p>
                <Page title="Sign in" subtitle="Operations console for your Microsoft 365 tenants.">
                    <ActionForm action>
                        <input type="hidden" name="next" value=next />
                        <Fields />
                        <FormError error=error_of(action) />
                        <Submit label="Sign in" pending=action.pending() class="btn btn-primary w-full mt-2" />
                    </ActionForm>
                </Page>
            </div>
        </main>
    }
}

#[component]
fn Fields() -> impl IntoView {
    view! {
        <Field label="E-mail" name="email" kind="email" autocomplete="username" autofocus=true />
        <Field label="Password" name="password" kind="password" autocomplete="current-password" />
    }
}
