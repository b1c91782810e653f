//! The members of the selected workspace, or of a tenant.

use domain::{
    capability::Role,
    error::ApiError,
    link,
    views::{MemberView, MembersView},
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    asked::Asked,
    draw::drawn,
    form::{button, confirm, form, hidden, notice, refusal, section},
};
use crate::{
    api::{
        drawn::Drawn,
        members::{AddMember, RemoveMember, SetMemberRole},
    },
    ui::{action::PostForm, field::Field},
};

/// The members page.
pub(super) fn page(view: MembersView, asked: &Asked) -> Drawn {
    let tenant = view.tenant;
    let place = tenant.map(|id| id.to_string()).unwrap_or_default();
    let subtitle = if tenant.is_some() {
        "Who may see and run what in this tenant. A change counts at once, for queued runs too."
    } else {
        "Who may do what in the workspace itself. Access to a tenant is given in the tenant."
    };
    let back = tenant.map(|id| {
        let words = format!("Back to {}", view.name);
        view! { <p class="mb-3"><a class="link" href=link::tenant(id)>{words}</a></p> }
    });
    let error = refused_row(asked).map(refusal);
    let members = view.members.into_iter();
    let rows = members.map(|member| line(member, &place, &view.name));
    let rows = rows.collect_view();
    let content = view! {
        {back}
        {notice(asked, "role", "The role is saved. It counts from now on, for queued runs too.")}
        {notice(asked, "added", "The member is added.")}
        {notice(asked, "removed", "The member is removed.")}
        {error}
        <div class="panel panel-flush mb-4">
            <table class="data-table data-table-roomy">
                <caption class="sr-only">"Members, by name"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Name"</th>
                        <th scope="col">"E-mail"</th>
                        <th scope="col">"Since"</th>
                        <th scope="col">"Role"</th>
                        <th scope="col"><span class="sr-only">"Remove"</span></th>
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        {section("add", "Add a member", add(&place, asked))}
    };
    drawn(format!("Members of {}", view.name), subtitle, content)
}

/// Why a change of one member was not accepted.
fn refused_row(asked: &Asked) -> Option<ApiError> {
    asked
        .error_of::<SetMemberRole>()
        .or_else(|| asked.error_of::<RemoveMember>())
}

fn line(member: MemberView, place: &str, name: &str) -> AnyView {
    let you = member
        .is_self
        .then(|| view! { <span class="chip">"You"</span> });
    let id = member.user_id.to_string();
    let about = || view! { {hidden("tenant", place)} {hidden("user", &*id)} }.into_any();
    let (about_role, about_removal) = (about(), about());
    let label = format!("Role of {}", member.name);
    let title = format!("Remove {} from {name}", member.name);
    let remove = format!("Remove {}", member.name);
    view! {
        <tr data-member=id>
            <th scope="row" data-label="Name"><span>{member.name} " " {you}</span></th>
            <td class="long" data-label="E-mail">{member.email}</td>
            <td data-label="Since">{member.since.exact()}</td>
            <td data-label="Role">
                <PostForm action=SetMemberRole::PATH>
                    {about_role}
                    <div class="flex flex-wrap items-center gap-2">
                        <select class="select select-sm w-32" name="role" aria-label=label autocomplete="off">
                            {roles(member.role)}
                        </select>
                        <button type="submit" class="btn btn-sm">"Save"</button>
                    </div>
                </PostForm>
            </td>
            <td>
                {confirm(
                    format!("remove-{id}"),
                    "Remove\u{2026}",
                    title,
                    "What they queued here and has not started will be blocked.",
                    view! {
                        <PostForm action=RemoveMember::PATH>
                            {about_removal}
                            <button type="submit" class="btn btn-sm btn-error">{remove}</button>
                        </PostForm>
                    }
                    .into_any(),
                )}
            </td>
        </tr>
    }
    .into_any()
}

/// All roles as options.
fn roles(selected: Role) -> AnyView {
    let options = Role::ALL.iter().map(|role| {
        let is_selected = *role == selected;
        view! { <option value=role.as_str() selected=is_selected>{role.label()}</option> }
    });
    options.collect_view().into_any()
}

fn add(place: &str, asked: &Asked) -> AnyView {
    let fields = view! {
        {hidden("tenant", place)}
        <Field label="E-mail of a person with an account" name="email" kind="email" />
        <label class="field">
            "Role"
            <select class="select w-full" name="role">{roles(Role::Readonly)}</select>
        </label>
    };
    let others = if place.is_empty() {
        view! {
            <p class="mt-2 quiet">
                "They have no account yet? " <a class="link" href=link::INVITATIONS>"Invite them"</a> "."
            </p>
        }
        .into_any()
    } else {
        view! {
            <p class="mt-2 quiet">
                "Only members of the workspace can be added. An owner of the workspace adds or invites others."
            </p>
        }
        .into_any()
    };
    view! {
        {form::<AddMember>(asked, fields, button("Add", "btn btn-sm btn-primary"))}
        {others}
    }
    .into_any()
}
