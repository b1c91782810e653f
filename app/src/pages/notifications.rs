//! The notifications of the signed-in person.

use domain::{
    link,
    time::Timestamp,
    views::{NotificationView, NotificationsView},
};
use leptos::prelude::*;

use crate::{
    api::{
        frame::Ask,
        notifications::{ReadNotifications, notifications_page},
    },
    ui::{badge::RunBadge, empty::Empty, error::ErrorPage, page::Page, time::Ago},
};

/// `/admin/notifications`.
#[component]
pub fn NotificationsPage() -> impl IntoView {
    let read = ServerAction::<ReadNotifications>::new();
    let page = Resource::new(
        move || read.version().get(),
        |_| async { notifications_page(Ask::Page).await },
    );
    view! {
        <Transition>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(view) => view! { <Listing view read /> }.into_any(),
                    Err(error) => view! { <ErrorPage error=error.0 /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Listing(view: NotificationsView, read: ServerAction<ReadNotifications>) -> impl IntoView {
    let NotificationsView {
        items,
        unread,
        as_of,
    } = view;
    view! {
        <Page title="Notifications" subtitle="One for each run you started, when it has ended.">
            <div class="flex flex-wrap items-center gap-3 my-3">
                <p>{told(unread)}</p>
                {(unread > 0).then(|| view! { <MarkAllRead read /> })}
            </div>
            {list(items, as_of)}
        </Page>
    }
}

fn told(unread: i64) -> String {
    match unread {
        0 => "Nothing unread".to_owned(),
        n => format!("{n} unread"),
    }
}

#[component]
fn MarkAllRead(read: ServerAction<ReadNotifications>) -> impl IntoView {
    view! {
        <ActionForm action=read>
            <button type="submit" class="btn btn-sm">"Mark all as read"</button>
        </ActionForm>
    }
}

fn list(items: Vec<NotificationView>, as_of: Timestamp) -> AnyView {
    if items.is_empty() {
        return view! {
            <Empty title="No notifications" text="When a run that you started has ended, you are told so here.">
                <a class="btn btn-sm" href=link::OPERATIONS>"Show all operations"</a>
            </Empty>
        }
        .into_any();
    }
    let lines = items
        .into_iter()
        .map(|item| line(item, as_of))
        .collect_view();
    view! { <ul class="panel grid gap-3" aria-label="Notifications">{lines}</ul> }.into_any()
}

fn line(item: NotificationView, as_of: Timestamp) -> impl IntoView {
    let label = format!("View run: {} in {}", item.operation, item.target);
    let unread = item
        .is_unread
        .then(|| view! { <strong data-unread>"Unread"</strong> });
    view! {
        <li class="flex flex-wrap items-center gap-3" data-notification=item.id.to_string()>
            <RunBadge state=item.state />
            {unread}
            <span>{item.operation} " in " {item.target}</span>
            <span class="quiet"><Ago at=item.at now=as_of /></span>
            <a class="link" href=link::run(item.run_id) aria-label=label>"View run"</a>
        </li>
    }
}
