//! Any address that is none of ours.

use domain::error::ApiError;
use leptos::prelude::*;

use crate::ui::error::ErrorPage;

/// The 404 page.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    #[cfg(feature = "ssr")]
    crate::compat::set_status(&ApiError::NotFound);
    view! {
        <main class="page">
            <ErrorPage error=ApiError::NotFound />
        </main>
    }
}
