//! The use cases, and what they are made of.

use std::sync::Arc;

use domain::{
    error::ApiError,
    ids::{RequestId, TenantId},
};
use store::{Presence, Scope, Store, TenantAccess};
use tokio::sync::Semaphore;

use crate::{passwords::Passwords, problem::Answer as _, secrets::MasterKey};

/// Every use case of the console; cheap to clone.
#[derive(Clone)]
pub struct Services {
    pub(crate) store: Store,
    pub(crate) passwords: Passwords,
    pub(crate) key: Arc<MasterKey>,
    /// Taken before failures are looked at and kept until they are counted, so that tries
    /// made at the same moment do not all pass as the first.
    pub(crate) sign_in_turn: Arc<Semaphore>,
}

impl Services {
    /// The use cases over an open database.
    pub fn new(store: Store, passwords: Passwords, key: MasterKey) -> Self {
        Self {
            store,
            passwords,
            key: Arc::new(key),
            sign_in_turn: Arc::new(Semaphore::new(1)),
        }
    }

    /// The database, for the process that runs the program.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Who a session token belongs to; `None` when nobody is signed in with it.
    ///
    /// # Errors
    /// `Unavailable` when the database does not answer.
    pub async fn scope(
        &self,
        token: &str,
        request_id: RequestId,
        presence: Presence,
    ) -> Result<Option<Scope>, ApiError> {
        self.store
            .scope(token, request_id, presence)
            .await
            .answer(request_id)
    }

    /// Resolves a tenant from a URL; malformed, unknown and foreign ids are all `NotFound` (V-02).
    pub(crate) async fn tenant_of(
        &self,
        scope: &Scope,
        id: &str,
    ) -> Result<TenantAccess, ApiError> {
        let id: TenantId = id.parse().map_err(|_| ApiError::NotFound)?;
        self.store
            .tenant(scope, id)
            .await
            .answer(scope.request_id())
    }
}
