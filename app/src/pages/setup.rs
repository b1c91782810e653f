//! `/setup/:token`: the first start.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::{
    api::session::SetUp,
    ui::{
        action::{Submit, error_of},
        error::FormError,
        page::Page,
    },
};

/// Makes the first owner and workspace; the link works once.
#[component]
pub fn SetupPage() -> impl IntoView {
    let action = ServerAction::<SetUp>::new();
    let params = use_params_map();
    let token = move || params.read().get("token").unwrap_or_default();
    view! {
        <main class="page door">
            <div class="panel">
                <Page title="Set up TenantAtlas" subtitle="You become the owner of the first workspace. This link works once.">
                    <ActionForm action>
                        <input type="hidden" name="token" value=token />
                        <Fields />
                        <FormError error=error_of(action) />
                        <Submit label="Set up" pending=action.pending() class="btn btn-primary w-full mt-2" />
                    </ActionForm>
                </Page>
            </div>
        </main>
    }
}

#[component]
fn Fields() -> impl IntoView {
    view! {
        <label class="field">
            "Your name"
            <input class="input w-full" name="name" autocomplete="name" required autofocus />
        </label>
        <label class="field">
            "E-mail"
            <input class="input w-full" type="email" name="email" autocomplete="username" required />
        </label>
        <label class="field">
            "Password"
            <input
                class="input w-full"
                type="password"
                name="password"
                autocomplete="new-password"
                minlength="12"
                required
            />
        </label>
        <label class="field">
            "Workspace"
            <input class="input w-full" name="workspace" autocomplete="organization" required />
        </label>
    }
}
