//! One member: the role, and the way out.

use domain::{capability::Role, views::MemberView};
use leptos::prelude::*;

use super::Members;
use crate::{
    api::members::{RemoveMember, SetMemberRole},
    ui::{
        action::{Submit, error_of, on_done},
        confirm::Confirm,
        error::FormError,
        page::focus_heading,
        time::Exact,
        toast::{Toast, use_toasts},
    },
};

/// One line of the table.
#[component]
pub fn Row(member: MemberView, place: String, name: String, page: Members) -> impl IntoView {
    let you = member
        .is_self
        .then(|| view! { <span class="chip">"You"</span> });
    let (label, id) = (member.name.clone(), member.user_id.to_string());
    view! {
        <tr data-member=id>
            <th scope="row" data-label="Name"><span>{label} " " {you}</span></th>
            <td data-label="E-mail">{member.email.clone()}</td>
            <td data-label="Since"><Exact at=member.since /></td>
            <td data-label="Role"><RoleForm member=member.clone() place=place.clone() page /></td>
            <td><RemoveForm member place name page /></td>
        </tr>
    }
}

#[component]
fn RoleForm(member: MemberView, place: String, page: Members) -> impl IntoView {
    let action = ServerAction::<SetMemberRole>::new();
    let toasts = use_toasts();
    let told = format!("The role of {} is saved.", member.name);
    on_done(action, move |()| {
        toasts.push(Toast {
            message: told.clone(),
            tone: domain::badge::Tone::Success,
            run: None,
        });
        page.refetch();
    });
    let label = format!("Role of {}", member.name);
    view! {
        <ActionForm action>
            <input type="hidden" name="tenant" value=place />
            <input type="hidden" name="user" value=member.user_id.to_string() />
            <div class="flex flex-wrap items-center gap-2">
                <select class="select select-sm w-32" name="role" aria-label=label autocomplete="off">
                    {roles(member.role)}
                </select>
                <Submit label="Save" pending=action.pending() />
            </div>
        </ActionForm>
        <FormError error=error_of(action) />
    }
}

/// All roles as options.
pub fn roles(selected: Role) -> impl IntoView {
    Role::ALL
        .iter()
        .map(|role| {
            let is_selected = *role == selected;
            view! { <option value=role.as_str() selected=is_selected>{role.label()}</option> }
        })
        .collect_view()
}

#[component]
fn RemoveForm(member: MemberView, place: String, name: String, page: Members) -> impl IntoView {
    let action = ServerAction::<RemoveMember>::new();
    on_done(action, move |()| {
        page.refetch();
        focus_heading();
    });
    let title = format!("Remove {} from {name}", member.name);
    let label = format!("Remove {}", member.name);
    view! {
        <Confirm label="Remove\u{2026}" title class="btn btn-sm btn-ghost">
            <p class="my-2">"What they queued here and has not started will be blocked."</p>
            <ActionForm action>
                <input type="hidden" name="tenant" value=place />
                <input type="hidden" name="user" value=member.user_id.to_string() />
                <FormError error=error_of(action) />
                <Submit label pending=action.pending() class="btn btn-sm btn-error mb-2" />
            </ActionForm>
        </Confirm>
    }
}
