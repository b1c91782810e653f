//! The notifications of the signed-in person.

use domain::{
    link,
    time::Timestamp,
    views::{NotificationView, NotificationsView},
};
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    api::{
        frame::Ask,
        notifications::{ReadNotifications, notifications_page},
    },
    ui::{
        action::PostForm,
        badge::RunBadge,
        empty::Empty,
        page::{Page, load},
        time::Ago,
    },
};

/// `/admin/notifications`.
#[component]
pub fn NotificationsPage() -> impl IntoView {
    let page = Resource::new(|| (), |()| async { notifications_page(Ask::Page).await });
    load(page, |view| view! { <Listing view /> }.into_any())
}

#[component]
fn Listing(view: NotificationsView) -> impl IntoView {
    let NotificationsView {
        items,
        unread,
        as_of,
    } = view;
    view! {
        <Page title="Notifications" subtitle="One for each run you started, when it has ended.">
            <div class="flex flex-wrap items-center gap-3 my-3">
                <p>{told(unread)}</p>
                {(unread > 0).then(|| view! { <MarkAllRead /> })}
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

/// Posts a whole new page, because the bell in the frame changes too.
#[component]
fn MarkAllRead() -> impl IntoView {
    view! {
        <PostForm action=ReadNotifications::PATH>
            <button type="submit" class="btn btn-sm">"Mark all as read"</button>
        </PostForm>
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
