//! A person's own account: sessions and password.

use domain::{
    time::Timestamp,
    views::{AccountView, OwnSessionView},
};
use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    asked::Asked,
    draw::drawn,
    form::{button, form, hidden, notice, section},
};
use crate::{
    api::{
        account::{ChangePassword, EndOtherSessions, EndSession},
        drawn::Drawn,
    },
    ui::{action::PostForm, field::Field},
};

/// The account page.
pub(super) fn page(view: AccountView, asked: &Asked) -> Drawn {
    let others = (view.sessions.len() > 1).then(|| {
        view! {
            <PostForm action=EndOtherSessions::PATH>
                <button type="submit" class="btn btn-sm mt-3">"Sign out everywhere else"</button>
            </PostForm>
        }
    });
    let now = view.as_of;
    let rows = view.sessions.into_iter().map(|session| line(session, now));
    let sessions = view! {
        {notice(asked, "ended", "The session has ended.")}
        <p class="my-2 quiet">
            "Where you are signed in. A session ends after an hour without you, and after twelve in any case."
        </p>
        <table class="data-table data-table-roomy">
            <caption class="sr-only">"Sessions, the one seen last first"</caption>
            <thead>
                <tr>
                    <th scope="col">"Browser"</th>
                    <th scope="col">"Signed in"</th>
                    <th scope="col">"Last seen"</th>
                    <th scope="col"><span class="sr-only">"End"</span></th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {others}
    };
    let fields = view! {
        // Password managers ask whose password this is.
        <input type="text" name="username" autocomplete="username" value=view.email.clone() class="sr-only"
            tabindex="-1" aria-hidden="true" readonly />
        <Field label="Current password" name="current" kind="password" autocomplete="current-password" />
        <Field label="New password" name="password" kind="password" autocomplete="new-password" minlength="12"
            hint="At least 12 characters; a few words make a good password." />
    };
    let password = view! {
        {notice(asked, "password", "Your password is changed, and your other sessions have ended.")}
        {form::<ChangePassword>(asked, fields, button("Change password", "btn btn-sm btn-primary"))}
    };
    drawn(
        "Your account",
        format!("{}, {}", view.name, view.email),
        view! {
            {section("sessions", "Sessions", sessions)}
            {section("password", "Password", password)}
        },
    )
}

fn line(session: OwnSessionView, now: Timestamp) -> impl IntoView {
    let browser = if session.browser.is_empty() {
        "Unknown browser".to_owned()
    } else {
        session.browser
    };
    let end = if session.is_this {
        view! { <span class="chip">"This session"</span> }.into_any()
    } else {
        let label = format!(
            "Sign out of {browser}, signed in {}",
            session.started_at.exact()
        );
        view! {
            <PostForm action=EndSession::PATH>
                {hidden("session", session.id.to_string())}
                <button type="submit" class="btn btn-sm" aria-label=label>"Sign out"</button>
            </PostForm>
        }
        .into_any()
    };
    view! {
        <tr>
            <th scope="row" data-label="Browser">{browser}</th>
            <td data-label="Signed in">{session.started_at.exact()}</td>
            <td data-label="Last seen">{session.last_seen_at.ago(now)}</td>
            <td data-label="">{end}</td>
        </tr>
    }
}
