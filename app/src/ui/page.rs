//! A page: title row, content, and the way the focus gets there.

use domain::error::ApiError;
use leptos::{html, prelude::*};
use leptos_meta::Title;
use wasm_bindgen::JsCast;

use crate::{error::AppError, ui::error::ErrorPage};

/// Whether a page of this window was shown already: the focus moves on later ones alone.
#[derive(Clone, Copy)]
struct Visited(StoredValue<bool>);

/// Remembers visits; once, around all pages.
pub fn provide_visits() {
    provide_context(Visited(StoredValue::new(false)));
}

/// A page: its document title, its heading, one line of what it is, its actions, its content.
#[component]
pub fn Page(
    /// What the page is called.
    #[prop(into)]
    title: String,
    /// One line of what this is.
    #[prop(into, optional)]
    subtitle: String,
    /// What can be done here.
    #[prop(into, optional)]
    actions: ViewFn,
    /// The content.
    children: Children,
) -> impl IntoView {
    let heading = NodeRef::<html::H1>::new();
    announce(heading);
    let subtitle = (!subtitle.is_empty()).then(|| view! { <p>{subtitle}</p> });
    view! {
        <Title text=format!("{title} \u{b7} TenantAtlas") />
        <header class="title-row">
            <div>
                <h1 tabindex="-1" node_ref=heading>{title}</h1>
                {subtitle}
            </div>
            <div class="flex flex-wrap items-center gap-2">{actions.run()}</div>
        </header>
        {children()}
    }
}

/// The router moves no focus: after a change of page the heading takes it, and is read out.
fn announce(heading: NodeRef<html::H1>) {
    let visited = use_context::<Visited>();
    Effect::new(move |_| {
        let (Some(heading), Some(Visited(visited))) = (heading.get(), visited) else {
            return;
        };
        if visited.get_value() {
            // The new page stands in the document only when this turn is over.
            request_animation_frame(move || {
                let _ = heading.focus();
            });
        }
        visited.set_value(true);
    });
}

/// Puts the focus on the page's heading, when what had it is gone. Browser only.
pub fn focus_heading() {
    request_animation_frame(|| {
        let heading = document().query_selector("h1").ok().flatten();
        let heading = heading.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok());
        if let Some(heading) = heading {
            let _ = heading.focus();
        }
    });
}

/// What stands in a page's place until its data is there; only seen after a change of page.
#[component]
pub fn Loading() -> impl IntoView {
    view! {
        <div class="grid gap-3" aria-busy="true">
            <p class="sr-only">"Loading"</p>
            <div class="skeleton h-8 w-64"></div>
            <div class="skeleton h-40 w-full"></div>
        </div>
    }
}

/// A page's one resource, drawn when it is there, or the page of its error.
pub fn load<T>(
    page: Resource<Result<T, AppError>>,
    show: impl Fn(T) -> AnyView + Copy + Send + Sync + 'static,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    load_or(page, show, |error| view! { <ErrorPage error /> }.into_any())
}

/// The same, with another page of its error.
pub fn load_or<T>(
    page: Resource<Result<T, AppError>>,
    show: impl Fn(T) -> AnyView + Copy + Send + Sync + 'static,
    fail: fn(ApiError) -> AnyView,
) -> impl IntoView
where
    T: Clone + Send + Sync + 'static,
{
    view! {
        <Transition fallback=Loading>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(view) => show(view),
                    Err(error) => fail(error.0),
                }
            })}
        </Transition>
    }
}
