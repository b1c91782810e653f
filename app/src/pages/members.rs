//! `/admin/members` and `/admin/tenants/:id/members`.

mod add;
mod row;

use domain::{link, views::MembersView};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::{add::Add, row::Row};
use crate::{
    api::members::members_page,
    error::AppError,
    ui::page::{Page, load},
};

/// The page's one resource.
type Members = Resource<Result<MembersView, AppError>>;

/// The members of the selected workspace.
#[component]
pub fn WorkspaceMembersPage() -> impl IntoView {
    let page = Resource::new(|| (), |()| members_page(None));
    load(page, move |view| view! { <Listing view page /> }.into_any())
}

/// The members of a tenant.
#[component]
pub fn TenantMembersPage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.read().get("id").unwrap_or_default());
    let page = Resource::new(move || id.get(), |id| members_page(Some(id)));
    load(page, move |view| view! { <Listing view page /> }.into_any())
}

#[component]
fn Listing(view: MembersView, page: Members) -> impl IntoView {
    let title = format!("Members of {}", view.name);
    let tenant = view.tenant;
    let subtitle = if tenant.is_some() {
        "Who may see and run what in this tenant. A change counts at once, for queued runs too."
    } else {
        "Who may do what in the workspace itself. Access to a tenant is given in the tenant."
    };
    let place = tenant.map(|id| id.to_string()).unwrap_or_default();
    let back = tenant.map(|id| {
        let words = format!("Back to {}", view.name);
        view! { <p class="mb-3"><a class="link" href=link::tenant(id)>{words}</a></p> }
    });
    let name = view.name.clone();
    let rows = view
        .members
        .into_iter()
        .map(|member| {
            let (place, name) = (place.clone(), name.clone());
            view! { <Row member place name page /> }
        })
        .collect_view();
    view! {
        {back}
        <Page title subtitle>
            <Table>{rows}</Table>
            <Add place=place.clone() page />
        </Page>
    }
}

#[component]
fn Table(children: Children) -> impl IntoView {
    view! {
        <div class="panel panel-flush">
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
                <tbody>{children()}</tbody>
            </table>
        </div>
    }
}
