//! Pausing and resuming a tenant's queue.

use domain::{capability::Capability, error::ApiError, views::QueuePauseView};
use store::{Scope, StoreError, TenantAccess};

use crate::{Services, problem::Answer as _};

impl Services {
    /// Pauses a tenant's queue: what is queued waits, what runs goes on.
    ///
    /// # Errors
    /// `NotFound` without entitlement, `Forbidden` without the capability, `Conflict` when it is paused already.
    pub async fn queue_pause(&self, scope: &Scope, tenant: &str) -> Result<(), ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::SettingsManage)?;
        match self.store.queue_pause_set(scope, &tenant).await {
            Err(StoreError::Conflict) => Err(conflict(&tenant, "is paused already")),
            answer => answer.answer(scope.request_id()),
        }
    }

    /// Lets a tenant's queued runs start again.
    ///
    /// # Errors
    /// As [`Services::queue_pause`]; `Conflict` when it is not paused.
    pub async fn queue_resume(&self, scope: &Scope, tenant: &str) -> Result<(), ApiError> {
        let tenant = self.tenant_of(scope, tenant).await?;
        tenant.require(Capability::SettingsManage)?;
        match self.store.queue_resume(scope, &tenant).await {
            Err(StoreError::Conflict) => Err(conflict(&tenant, "is not paused")),
            answer => answer.answer(scope.request_id()),
        }
    }

    pub(super) async fn pause_of(
        &self,
        scope: &Scope,
        tenant: &TenantAccess,
    ) -> Result<Option<QueuePauseView>, ApiError> {
        let pause = self.store.queue_pause(tenant).await;
        Ok(pause.answer(scope.request_id())?.map(|it| QueuePauseView {
            by: it.by,
            at: it.at,
        }))
    }
}

fn conflict(tenant: &TenantAccess, how: &str) -> ApiError {
    ApiError::Conflict {
        message: format!("The queue of {} {how}.", tenant.name()),
    }
}
