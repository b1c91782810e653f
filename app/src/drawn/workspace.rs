//! Making a workspace, and what it is called.

use domain::{link, views::WorkspaceView};
use leptos::prelude::*;

use super::{
    asked::Asked,
    draw::drawn,
    form::{button, form, notice, section},
};
use crate::{
    api::{
        drawn::Drawn,
        workspace::{CreateWorkspace, RenameWorkspace},
    },
    ui::field::Field,
};

/// The page on which a workspace is made.
pub(super) fn new_page(asked: &Asked) -> Drawn {
    let fields = view! {
        <Field label="Name" name="name" autocomplete="organization" autofocus=true
            hint="Your company, or the customer whose tenants you look after. It can be changed later." />
    };
    let content = view! {
        <p class="my-2 quiet">
            "If you expected to find a workspace here, ask its owner to add you: nobody sees a workspace without being a member of it."
        </p>
        {form::<CreateWorkspace>(asked, fields, button("Create workspace", "btn btn-primary"))}
    };
    drawn(
        "Create a workspace",
        "A workspace holds tenants and the people who look after them. You become its owner.",
        section("new", "New workspace", content),
    )
}

/// The page of the selected workspace.
pub(super) fn page(view: WorkspaceView, asked: &Asked) -> Drawn {
    let fields = view! { <Field label="Name" name="name" value=view.name.clone() /> };
    let members = view.manages_members.then(|| {
        view! {
            <a class="btn btn-sm" href=link::WORKSPACE_MEMBERS>"Members"</a>
            <a class="btn btn-sm" href=link::INVITATIONS>"Invite people"</a>
        }
    });
    let tenants = view
        .can_create_tenants
        .then(|| view! { <a class="btn btn-sm" href=link::NEW_TENANT>"Add a tenant"</a> });
    let name = view! {
        {notice(asked, "saved", "The name is saved.")}
        {form::<RenameWorkspace>(asked, fields, button("Save", "btn btn-sm btn-primary"))}
    };
    let onward = view! {
        <p class="my-2 quiet">"A role in the workspace opens none of its tenants: access to a tenant is given in the tenant."</p>
        <p class="flex flex-wrap gap-2">{members}{tenants}
            <a class="btn btn-sm" href=link::NEW_WORKSPACE>"Create another workspace"</a>
        </p>
    };
    drawn(
        format!("Workspace {}", view.name),
        "What it is called, and who and what is in it.",
        view! {
            {section("name", "Name", name)}
            {section("in-it", "In this workspace", onward)}
        },
    )
}
