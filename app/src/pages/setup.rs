//! `/setup/:token`: the first start.

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use crate::{
    api::session::SetUp,
    ui::{
        action::{Submit, error_of},
        error::FormError,
        field::Field,
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
        <Field label="Your name" name="name" autocomplete="name" autofocus=true />
        <Field label="E-mail" name="email" kind="email" autocomplete="username" />
        <Field label="Password" name="password" kind="password" autocomplete="new-password" minlength="12" />
        <Field label="Workspace" name="workspace" autocomplete="organization" />
    }
}
