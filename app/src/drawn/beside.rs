//! Refusals that no form says: the frame does, or the top of a page from which the form has gone.

use leptos::{prelude::*, server_fn::ServerFn as _};

use super::{Place, asked::Asked, form::refusal};
use crate::{
    api::{
        account::{EndOtherSessions, EndSession},
        drawn::Drawn,
        frame::{SelectTenant, SelectWorkspace},
        invitations::WithdrawInvitation,
        look::KeepTheme,
        session::SignOut,
    },
    request::refused::SENTENCE_ID,
    ui::error::sentence,
};

/// The forms of the frame, which stand on every page, and those of one button on pages that are drawn whole.
const OF_ONE_BUTTON: [&str; 7] = [
    SelectTenant::PATH,
    SelectWorkspace::PATH,
    KeepTheme::PATH,
    SignOut::PATH,
    EndSession::PATH,
    EndOtherSessions::PATH,
    WithdrawInvitation::PATH,
];

/// Whether a form stands on a page that is drawn whole, with fields to say its refusal beside.
fn has_fields(form: &str) -> bool {
    !OF_ONE_BUTTON.contains(&form)
}

/// Whether a form of the page says why it was refused.
pub(super) fn says_refusal(drawn: &Drawn) -> bool {
    drawn.html.contains(&format!("id=\"{SENTENCE_ID}\""))
}

/// A page with the refusal of a form at its top that does not stand on it any more, as when somebody else was faster.
pub(super) fn with_refusal(drawn: Drawn, form: &str, asked: &Asked) -> Drawn {
    match asked.refusal().filter(|_| has_fields(form)) {
        Some(error) => Drawn {
            html: view! { <div class="mb-3">{refusal(error)}</div> }.to_html() + &drawn.html,
            ..drawn
        },
        None => drawn,
    }
}

/// Why a form was not accepted, in words, where the page that it led back to does not say so.
///
/// A page that is drawn whole says it beside the form that it has fields of. The others say nothing.
pub fn refused_beside(page: &str) -> Option<String> {
    let asked = Asked::of(page);
    let form = asked.refused_form()?;
    let says_it = Place::parse(asked.path()).is_some() && has_fields(&form);
    let error = asked.refusal().filter(|_| !says_it)?;
    Some(sentence(&error))
}

#[cfg(test)]
mod tests {
    use domain::error::ApiError;
    use leptos::server_fn::{ServerFn, error::ServerFnUrlError};

    use super::*;
    use crate::{
        api::{tenant::PauseQueue, workspace::RenameWorkspace},
        error::AppError,
    };

    fn back_to(page: &str, form: &str) -> String {
        let error = ServerFnUrlError::new(form, AppError(ApiError::NotWritable));
        let url = error.to_url(&format!("http://localhost{page}")).unwrap();
        format!("{}?{}", url.path(), url.query().unwrap())
    }

    #[test]
    fn a_refusal_is_told_once_by_the_page_or_by_the_frame() {
        let told = Some(sentence(&ApiError::NotWritable));
        let tenant = "/admin/tenants/01a20580-99c2-713d-9499-363b21a84d91";
        assert_eq!(refused_beside(&back_to(tenant, PauseQueue::PATH)), told);
        let own = back_to("/admin/workspace", RenameWorkspace::PATH);
        assert_eq!(refused_beside(&own), None);
        for form in OF_ONE_BUTTON {
            let page = back_to("/admin/workspace", form);
            assert_eq!(refused_beside(&page), told, "{form}");
        }
        assert_eq!(refused_beside(tenant), None);
    }

    #[test]
    fn a_refusal_is_told_though_its_form_has_gone_from_the_page() {
        let page = |html: &str| Drawn {
            title: String::new(),
            subtitle: String::new(),
            html: html.to_owned(),
        };
        let told = sentence(&ApiError::NotWritable);
        let with = |form: &str, html: &str| {
            let asked = Asked::of(&back_to("/admin/workspace", form));
            with_refusal(page(html), form, &asked).html
        };
        let gone = with(RenameWorkspace::PATH, "<p>rest</p>");
        assert!(
            gone.contains(&told) && gone.ends_with("<p>rest</p>"),
            "{gone}"
        );
        assert!(says_refusal(&page(&gone)) && !says_refusal(&page("<p>rest</p>")));
        // The frame says it.
        assert_eq!(with(SignOut::PATH, "<p>rest</p>"), "<p>rest</p>");
    }
}
