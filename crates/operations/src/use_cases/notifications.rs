//! The bell.

use domain::{
    error::ApiError,
    operation::label_of,
    views::{NotificationView, NotificationsView},
};
use store::Scope;

use crate::{Services, problem::Answer as _};

impl Services {
    /// The person's notifications, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notifications_page(&self, scope: &Scope) -> Result<NotificationsView, ApiError> {
        let request = scope.request_id();
        let items = self.store.notifications(scope).await.answer(request)?;
        let unread = self
            .store
            .notifications_unread(scope)
            .await
            .answer(request)?;
        let as_of = self.store.now().await.answer(request)?;
        let items = items
            .into_iter()
            .map(|item| NotificationView {
                id: item.id,
                run_id: item.run_id,
                operation: label_of(&item.operation_code),
                state: item.state,
                target: item.target_name,
                at: item.created_at,
                is_unread: item.read_at.is_none(),
            })
            .collect();
        Ok(NotificationsView {
            items,
            unread,
            as_of,
        })
    }

    /// Marks all of the person's notifications as read.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notifications_read(&self, scope: &Scope) -> Result<(), ApiError> {
        self.store
            .notifications_read(scope)
            .await
            .answer(scope.request_id())
    }
}
