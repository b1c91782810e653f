//! Inviting people who have no account yet.

use domain::{
    link,
    views::{InvitationView, InvitationsView},
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    asked::Asked,
    draw::drawn,
    form::{button, form, hidden, notice, role_field, section},
};
use crate::{
    api::{
        drawn::Drawn,
        invitations::{Invite, WithdrawInvitation},
    },
    request,
    ui::{action::PostForm, field::Field},
};

/// The invitations page.
pub(super) fn page(view: InvitationsView, token: Option<&str>, asked: &Asked) -> Drawn {
    let made = view.made.zip(token).map(|(made, token)| fresh(made, token));
    let fields = view! {
        <Field label="E-mail" name="email" kind="email" hint="What they will sign in with. Nothing is sent to it." />
        {role_field()}
    };
    let invite = view! {
        <p class="my-2 quiet">
            "For people without an account. You get a link to hand over; it works once, for seven days, and only while you may invite. "
            "Somebody who has an account is added on the "
            <a class="link" href=link::WORKSPACE_MEMBERS>"members page"</a> "."
        </p>
        {form::<Invite>(asked, fields, button("Make invitation", "btn btn-primary"))}
    };
    let title = format!("Invitations to {}", view.workspace);
    drawn(
        title,
        "How somebody without an account comes into the workspace.",
        view! {
            <p class="mb-3"><a class="link" href=link::WORKSPACE_MEMBERS>"Back to the members"</a></p>
            {notice(asked, "withdrawn", "The invitation is withdrawn. Its link leads nowhere any more.")}
            {made}
            {section("invite", "Invite somebody", invite)}
            {section("open", "Open invitations", open(view.open))}
        },
    )
}

/// The link, which is seen here and nowhere else.
fn fresh(made: InvitationView, token: &str) -> impl IntoView + use<> {
    let address = format!("{}{}", request::origin(), link::join(token));
    let content = view! {
        <p class="my-2">
            "Give this link to " <strong>{made.email}</strong> ". They join as "
            {made.role.label()} ", until " {made.expires_at.exact()} "."
        </p>
        <p class="link-to-copy"><code id="invitation-link">{address}</code></p>
        <p class="actions-row">
            <button type="button" class="btn btn-sm needs-script" data-copy="invitation-link">"Copy link"</button>
            <span class="quiet" role="status"></span>
            <span class="quiet">"Copy it now: it is not shown again."</span>
        </p>
    };
    section("made", "The invitation is made", content)
}

fn open(all: Vec<InvitationView>) -> AnyView {
    if all.is_empty() {
        return view! { <p class="my-2 quiet">"None. Invitations that were used, withdrawn or are too old are not listed."</p> }
            .into_any();
    }
    let rows = all.into_iter().map(line).collect_view();
    view! {
        <table class="data-table data-table-roomy">
            <caption class="sr-only">"Open invitations, by address"</caption>
            <thead>
                <tr>
                    <th scope="col">"E-mail"</th>
                    <th scope="col">"Role"</th>
                    <th scope="col">"Invited by"</th>
                    <th scope="col">"Until"</th>
                    <th scope="col"><span class="sr-only">"Withdraw"</span></th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn line(invitation: InvitationView) -> impl IntoView {
    let label = format!("Withdraw the invitation of {}", invitation.email);
    view! {
        <tr>
            <th scope="row" data-label="E-mail">{invitation.email}</th>
            <td data-label="Role">{invitation.role.label()}</td>
            <td data-label="Invited by">{invitation.inviter}</td>
            <td data-label="Until">{invitation.expires_at.exact()}</td>
            <td data-label="">
                <PostForm action=WithdrawInvitation::PATH>
                    {hidden("invitation", invitation.id.to_string())}
                    <button type="submit" class="btn btn-sm" aria-label=label>"Withdraw"</button>
                </PostForm>
            </td>
        </tr>
    }
}
