//! The routes, and what stands around all pages.

mod frame;
mod rail;
mod topbar;

use domain::link;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{Outlet, ParentRoute, Redirect, Route, Router, Routes},
    path,
};

use self::frame::Frame;
use crate::{
    pages::{
        choose_tenant::ChooseTenantPage,
        drawn::{DrawnDoor, DrawnPage},
        inventory::{InventoryPage, SelectedInventoryPage},
        not_found::NotFoundPage,
        notifications::NotificationsPage,
        operations::OperationsPage,
        run::RunPage,
        tenant::TenantPage,
        tenants::TenantsPage,
    },
    ui::{fold::close_folds, live::provide_pause, page::provide_visits, toast::provide_toasts},
};

/// The whole application.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_toasts();
    provide_pause();
    provide_visits();
    close_folds();
    Effect::new(|_| {
        // Tests and styles wait for this word before they count on scripts.
        if let Some(body) = document().body() {
            let _ = body.set_attribute("data-hydrated", "");
        }
    });
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=Home ssr=SsrMode::Async />
                <Route path=path!("/sign-in") view=DrawnDoor ssr=SsrMode::Async />
                <Route path=path!("/setup/:token") view=DrawnDoor ssr=SsrMode::Async />
                <Route path=path!("/join/:token") view=DrawnDoor ssr=SsrMode::Async />
                <AdminRoutes />
            </Routes>
        </Router>
    }
}

#[component(transparent)]
fn AdminRoutes() -> impl leptos_router::MatchNestedRoutes + Clone {
    view! {
        <ParentRoute path=path!("/admin") view=Frame ssr=SsrMode::Async>
            <Route path=path!("") view=Home ssr=SsrMode::Async />
            <ParentRoute path=path!("/tenants") view=Outlet ssr=SsrMode::Async>
                <Route path=path!("") view=TenantsPage ssr=SsrMode::Async />
                <Route path=path!("/new") view=DrawnPage ssr=SsrMode::Async />
                <Route path=path!("/verify") view=DrawnPage ssr=SsrMode::Async />
                <Route path=path!("/verify/:selection") view=DrawnPage ssr=SsrMode::Async />
                <Route path=path!("/:id") view=TenantPage ssr=SsrMode::Async />
                <Route path=path!("/:id/inventory") view=InventoryPage ssr=SsrMode::Async />
            </ParentRoute>
            <Route path=path!("/operations") view=OperationsPage ssr=SsrMode::Async />
            <Route path=path!("/operations/:id") view=RunPage ssr=SsrMode::Async />
            <Route path=path!("/notifications") view=NotificationsPage ssr=SsrMode::Async />
            <Route path=path!("/inventory") view=SelectedInventoryPage ssr=SsrMode::Async />
            <Route path=path!("/choose-tenant") view=ChooseTenantPage ssr=SsrMode::Async />
            <Route path=path!("/*elsewhere") view=DrawnPage ssr=SsrMode::Async />
        </ParentRoute>
    }
    .into_inner()
}

/// A session starts at the list of tenants.
#[component]
fn Home() -> impl IntoView {
    view! { <Redirect path=link::TENANTS /> }
}
