//! The bell.

use domain::views::NotificationsView;
use leptos::prelude::*;

use super::frame::Ask;
use crate::{codec::Json, error::AppError};

/// The person's notifications.
#[server(name = NotificationsPageData, prefix = "/api", endpoint = "notifications/page", input = Json, output = Json)]
pub async fn notifications_page(ask: Ask) -> Result<NotificationsView, AppError> {
    use operations::Presence;

    use crate::{compat::settle, request};
    let presence = match ask {
        Ask::Page => Presence::ByHand,
        Ask::Poll => Presence::Poll,
    };
    let (services, scope) = request::scope(presence).await?;
    settle(services.notifications_page(&scope).await)
}

/// Marks all of the person's notifications as read.
#[server(name = ReadNotifications, prefix = "/api", endpoint = "notifications/read")]
pub async fn read() -> Result<(), AppError> {
    use operations::Presence;

    use crate::{compat::settle, request};
    let (services, scope) = request::scope(Presence::ByHand).await?;
    settle(services.notifications_read(&scope).await)
}
