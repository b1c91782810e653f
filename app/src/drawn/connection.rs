//! Connecting a tenant: the application, its permissions, its secret.

use domain::{
    link,
    views::{ConnectionPageView, ConnectionView, PermissionView},
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    asked::Asked,
    draw::drawn,
    form::{GUID, button, form, hidden, notice, section},
};
use crate::{
    api::{
        connection::{ChangeConnection, CreateConnection, RotateCredential},
        drawn::Drawn,
    },
    ui::{action::PostForm, field::Field},
};

const APPLICATION_HINT: &str =
    "A GUID, \u{201c}Application (client) ID\u{201d} on the app registration's overview page.";
const SECRET_HINT: &str = "The secret's value, not its id. It is encrypted, used to sign in to the directory, and never shown again.";

const CERTIFICATE_HINT: &str = "Both in PEM form, one after the other; the key is an RSA key without a password. \
    Upload the certificate alone to the app registration. What you paste here is encrypted and never shown again.";

/// The page on which a tenant is connected.
pub(super) fn page(view: ConnectionPageView, asked: &Asked) -> Drawn {
    let name = view.tenant.name.clone();
    let overview = link::tenant(view.tenant.id);
    let content = match (&view.connection, &view.directory) {
        (Some(connection), _) => existing(connection, &view, asked),
        (None, Some(directory)) => new(directory, &view, asked),
        (None, None) => without_directory(&view),
    };
    drawn(
        format!("Connection of {name}"),
        "The application that signs in to the directory for this tenant's runs.",
        view! {
            <p class="mb-3"><a class="link" href=overview>{format!("Back to {name}")}</a></p>
            {content}
            {section("permissions", "What the application needs", permissions(&view.permissions))}
        },
    )
}

fn without_directory(view: &ConnectionPageView) -> AnyView {
    let settings = link::tenant_settings(view.tenant.id);
    let content = view! {
        <p class="my-2">"This tenant has no directory id yet, so there is nothing to sign in to."</p>
        <a class="btn btn-sm btn-primary" href=settings>"Enter the directory id"</a>
    };
    section("connect", "Connect", content)
}

fn new(directory: &str, view: &ConnectionPageView, asked: &Asked) -> AnyView {
    let secret = if view.can_rotate {
        view! { <Field label="Client secret" name="secret" kind="password" hint=SECRET_HINT /> }
            .into_any()
    } else {
        view! { <p class="field quiet">"An owner of this tenant stores the client secret afterwards."</p> }
            .into_any()
    };
    let fields = view! {
        {hidden("tenant", view.tenant.id.to_string())}
        <p class="field">"Directory id" <code>{directory.to_owned()}</code></p>
        <Field label="Name" name="name" value="Microsoft 365" hint="What you know this connection by." />
        <Field label="Application id" name="client_id" pattern=GUID hint=APPLICATION_HINT />
        {secret}
    };
    section(
        "connect",
        "Connect",
        form::<CreateConnection>(asked, fields, button("Connect", "btn btn-primary")),
    )
}

fn existing(connection: &ConnectionView, view: &ConnectionPageView, asked: &Asked) -> AnyView {
    let tenant = view.tenant.id.to_string();
    let fields = view! {
        {hidden("tenant", tenant.clone())}
        <p class="field">"Directory id" <code>{connection.entra_tenant_id.clone()}</code></p>
        <Field label="Name" name="name" value=connection.name.clone() />
        <Field label="Application id" name="client_id" pattern=GUID hint=APPLICATION_HINT
            value=connection.client_id.clone() />
        <p class="quiet mt-2">"Another application has to be consented to and verified anew."</p>
    };
    let details = view! {
        {notice(asked, "saved", "The connection is saved.")}
        {form::<ChangeConnection>(asked, fields, button("Save name and application", "btn btn-sm"))}
    };
    let stored = match connection.credential_kind {
        Some(kind) => format!(
            "A {} is stored. It is encrypted, and nobody can see it.",
            kind.label()
        ),
        None => "No credential is stored, so nothing can sign in.".to_owned(),
    };
    let rotate = if view.can_rotate {
        let fields = view! {
            {hidden("tenant", tenant.clone())}
            <Field label="New client secret" name="secret" kind="password" hint=SECRET_HINT />
        };
        let secret = form::<RotateCredential>(
            asked,
            fields,
            button("Store secret", "btn btn-sm btn-primary"),
        );
        view! { {secret} {certificate(tenant)} }.into_any()
    } else {
        view! { <p class="quiet">"An owner of this tenant can store another one."</p> }.into_any()
    };
    let credential = view! {
        {notice(asked, "stored", "The credential is stored. Verify the connection to see that it works.")}
        <p class="my-2">{stored}</p>
        {rotate}
    };
    view! {
        {section("details", "Name and application", details)}
        {section("credential", "Credential", credential)}
    }
    .into_any()
}

/// The other way to sign in; a refusal of either form is said above the first.
fn certificate(tenant: String) -> AnyView {
    let path = RotateCredential::PATH;
    view! {
        <details class="mt-4">
            <summary class="cursor-pointer">"Use a certificate instead"</summary>
            <PostForm action=path>
                {hidden("tenant", tenant)}
                <label class="field">
                    "Certificate and private key"
                    <textarea class="textarea w-full font-mono" name="certificate" rows="8"
                        autocomplete="off" spellcheck="false" aria-describedby="certificate-hint" required></textarea>
                </label>
                <span id="certificate-hint" class="quiet">{CERTIFICATE_HINT}</span>
                <div class="mt-3">{button("Store certificate", "btn btn-sm")}</div>
            </PostForm>
        </details>
    }
    .into_any()
}

fn permissions(all: &[PermissionView]) -> AnyView {
    let line = |permission: &PermissionView| {
        let need = if permission.is_required {
            "Required"
        } else {
            "Recommended"
        };
        view! {
            <tr>
                <th scope="row" data-label="Permission"><code>{permission.name.clone()}</code></th>
                <td data-label="For">{permission.purpose.clone()}</td>
                <td class="brief" data-label="Need">{need}</td>
            </tr>
        }
    };
    view! {
        <ol class="steps-list my-2">
            <li>"In the directory's Entra admin center, register an application."</li>
            <li>"Add these as application permissions of Microsoft Graph, and grant admin consent."</li>
            <li>"Create a client secret, and copy its value before you leave the page."</li>
        </ol>
        <table class="data-table">
            <caption class="sr-only">"Permissions"</caption>
            <thead>
                <tr><th scope="col">"Permission"</th><th scope="col">"For"</th><th scope="col">"Need"</th></tr>
            </thead>
            <tbody>{all.iter().map(line).collect_view()}</tbody>
        </table>
    }
    .into_any()
}
