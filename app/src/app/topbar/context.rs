//! What is selected. Small forms: with a script a choice is sent at once, without one there is a button.

use domain::{link, views::HeaderView};
use leptos::{ev, prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;

use crate::{
    api::frame::{SelectTenant, SelectWorkspace},
    ui::action::PostForm,
};

/// The selected workspace.
#[component]
pub fn WorkspaceChip(
    /// The frame.
    header: Signal<HeaderView>,
) -> impl IntoView {
    let workspaces =
        Memo::new(move |_| header.with(|h| (h.workspace.clone(), h.workspaces.clone())));
    move || {
        let (selected, all) = workspaces.get();
        let Some(selected) = selected else {
            return view! { <a class="btn btn-sm" href=link::NEW_WORKSPACE>"Create workspace"</a> }
                .into_any();
        };
        if all.len() < 2 {
            return view! { <span class="chip" title="Workspace">{selected.name}</span> }
                .into_any();
        }
        let options = all
            .into_iter()
            .map(|one| {
                let is_selected = one.id == selected.id;
                view! { <option value=one.id.to_string() selected=is_selected>{one.name}</option> }
            })
            .collect_view();
        view! {
            <PostForm action=SelectWorkspace::PATH class="chip-form">
                <label class="sr-only" for="workspace">"Workspace"</label>
                <select id="workspace" class="select select-sm" name="workspace" on:change=send>
                    {options}
                </select>
                <button type="submit" class="btn btn-sm without-script">"Switch"</button>
            </PostForm>
        }
        .into_any()
    }
}

/// The selected tenant; none means the whole workspace.
#[component]
pub fn TenantChip(
    /// The frame.
    header: Signal<HeaderView>,
) -> impl IntoView {
    // Without the query: a filter of the page must not win over what is selected here.
    let path = use_location().pathname;
    let tenants = Memo::new(move |_| header.with(|h| (h.tenant.clone(), h.tenants.clone())));
    move || {
        let (selected, all) = tenants.get();
        let selected = selected.map(|tenant| tenant.id);
        let options = all
            .into_iter()
            .map(|one| {
                let is_selected = Some(one.id) == selected;
                view! { <option value=one.id.to_string() selected=is_selected>{one.name}</option> }
            })
            .collect_view();
        view! {
            <PostForm action=SelectTenant::PATH class="chip-form">
                <label class="sr-only" for="tenant">"Tenant"</label>
                <input type="hidden" name="next" value=path />
                <select id="tenant" class="select select-sm" name="tenant" autocomplete="off" on:change=send>
                    <option value="" selected=selected.is_none()>"All tenants"</option>
                    {options}
                </select>
                <button type="submit" class="btn btn-sm without-script">"Select"</button>
            </PostForm>
        }
    }
}

/// Sends the form of a select whose choice changed.
fn send(event: ev::Event) {
    let select = event
        .target()
        .and_then(|target| target.dyn_into::<web_sys::HtmlSelectElement>().ok());
    if let Some(form) = select.and_then(|select| select.form()) {
        let _ = form.request_submit();
    }
}
