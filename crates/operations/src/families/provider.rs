//! From a running run to a provider session: the only way to a credential is a `Running`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use domain::connection::CredentialKind;
use graph::{
    Answered, ApprovalRequest, Ask, CallContext, ClientCertificate, Connection, Contract,
    CredentialFault, Endpoints, GraphClient, GraphError, InvalidConnection, Organization, Page,
    PageCursor, UnreachableKind, Write, WriteError, Written,
};
use policy::{Running, Step};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use store::{ConnectionSecret, Failure, Store, StoreError};

use super::mistakes;
use crate::{secrets::MasterKey, worker::LeaseGuard};

/// For how long after its beginning a call is repeated by the client, at most (`ClientSettings`).
const REPEATS: Duration = Duration::from_secs(10);

/// The provider as the worker pool knows it.
#[derive(Clone)]
pub(crate) struct Providers {
    pub(crate) client: Arc<dyn GraphClient>,
    pub(crate) endpoints: Endpoints,
    pub(crate) key: Arc<MasterKey>,
    /// How long a run waits for an administrator of the tenant to approve what it wants to change.
    pub(crate) approval_wait: Duration,
    /// How long a run looks for an object that it made while the answer was lost.
    pub(crate) creation_wait: Duration,
}

impl Providers {
    /// The provider for one run, for as long as its lease holds.
    pub(crate) fn for_run(&self, lease: LeaseGuard) -> Provider {
        Provider {
            known: self.clone(),
            lease,
        }
    }
}

/// The provider as the worker of one run knows it.
#[derive(Clone)]
pub(crate) struct Provider {
    known: Providers,
    lease: LeaseGuard,
}

/// One run's way to the provider.
pub(crate) struct ProviderSession {
    client: Arc<dyn GraphClient>,
    connection: Connection,
    context: CallContext,
    lease: LeaseGuard,
    approval_wait: Duration,
    creation_wait: Duration,
}

impl Provider {
    /// Opens the credential of a running run's connection.
    pub(crate) async fn session(
        &self,
        store: &Store,
        running: &Running,
    ) -> Result<Result<ProviderSession, Failure>, StoreError> {
        let secret = match store.connection_secret(running).await {
            Err(StoreError::NotFound) => {
                let message = "The connection or its credential is gone.";
                return Ok(Err(failure("provider_credential_missing", message)));
            }
            answer => answer?,
        };
        let Ok(opened) = self.known.key.open_secret(secret.id, &secret.sealed) else {
            let message =
                "The stored credential does not open with this installation's key. Store it again.";
            return Ok(Err(failure("provider_credential_missing", message)));
        };
        Ok(match self.connection(&secret, opened) {
            Ok(connection) => Ok(ProviderSession {
                client: Arc::clone(&self.known.client),
                connection,
                context: context_of(running),
                lease: self.lease.clone(),
                approval_wait: self.known.approval_wait,
                creation_wait: self.known.creation_wait,
            }),
            Err(error) => Err(failure("provider_connection_invalid", &error.to_string())),
        })
    }
}

impl Provider {
    fn connection(
        &self,
        stored: &ConnectionSecret,
        opened: SecretString,
    ) -> Result<Connection, InvalidConnection> {
        let (tenant, client) = (&stored.entra_tenant_id, &stored.client_id);
        let cloud = self.known.endpoints.clone();
        match stored.kind {
            CredentialKind::ClientSecret => Connection::new(tenant, client, opened, cloud),
            CredentialKind::Certificate => {
                let certificate = ClientCertificate::from_pem(opened.expose_secret())?;
                Connection::with_certificate(tenant, client, certificate, cloud)
            }
        }
    }
}

/// Every call carries the run's id, so that the provider's journal can be joined with ours.
fn context_of(running: &Running) -> CallContext {
    CallContext {
        client_request_id: running.key().run_id.to_string(),
    }
}

/// Every call uses up the leave that a checkpoint gave for it, so none starts without one (L-10).
impl ProviderSession {
    /// A call that only reads; `LeaveTooOld` when it would begin, or begin anew, with leave too old for its repeats.
    async fn reading<T, F>(&self, step: &Step<'_>, call: impl Fn() -> F) -> Result<T, GraphError>
    where
        F: Future<Output = Result<T, GraphError>>,
    {
        let is_fresh = || step.time_left(Instant::now()) >= REPEATS;
        let answer = self.lease.reading(is_fresh, call).await;
        answer.unwrap_or(Err(GraphError::LeaveTooOld))
    }

    pub(crate) async fn granted_roles(&self, step: Step<'_>) -> Result<Vec<String>, GraphError> {
        self.reading(&step, || {
            self.client.granted_roles(&self.connection, &self.context)
        })
        .await
    }

    pub(crate) async fn organization(&self, step: Step<'_>) -> Result<Organization, GraphError> {
        self.reading(&step, || {
            self.client.organization(&self.connection, &self.context)
        })
        .await
    }

    pub(crate) async fn page(
        &self,
        step: Step<'_>,
        contract: &'static Contract,
        cursor: Option<PageCursor>,
    ) -> Result<Page, GraphError> {
        self.reading(&step, || {
            let cursor = cursor.clone();
            self.client
                .page(&self.connection, &self.context, contract, cursor)
        })
        .await
    }

    /// Several reads in one call; one that fails keeps no other from being answered.
    pub(crate) async fn batch(
        &self,
        step: Step<'_>,
        asks: &[Ask<'_>],
    ) -> Result<Vec<Result<Answered, GraphError>>, GraphError> {
        self.reading(&step, || {
            self.client.batch(&self.connection, &self.context, asks)
        })
        .await
    }

    /// Where a collection of an object's own begins; nothing is asked for it.
    pub(crate) fn part(
        &self,
        contract: &'static Contract,
        object: (&str, Option<&str>),
        part: &str,
    ) -> Result<PageCursor, GraphError> {
        PageCursor::part(&self.connection, contract, object, part)
    }

    /// Reads one object, to compare it with a change.
    pub(crate) async fn object(
        &self,
        step: Step<'_>,
        contract: &'static Contract,
        id: &str,
    ) -> Result<Map<String, Value>, GraphError> {
        let writer = self.client.writer().ok_or(GraphError::NoProvider)?;
        self.reading(&step, || {
            writer.object(&self.connection, &self.context, contract, id)
        })
        .await
    }

    /// Changes something; its intent is in the database already.
    pub(crate) async fn write(
        &self,
        step: Step<'_>,
        write: Write<'_>,
    ) -> Result<Written, WriteError> {
        let Some(writer) = self.client.writer() else {
            return Err(WriteError::NotDone(GraphError::NoProvider));
        };
        let call = writer.write(step, &self.connection, &self.context, write);
        if mistakes::sends_after_the_lease() {
            return call.await;
        }
        let interrupted = WriteError::Unknown(GraphError::Unreachable {
            kind: UnreachableKind::Interrupted,
        });
        self.lease.writing(call).await.unwrap_or(Err(interrupted))
    }

    /// Reads how the tenant's requests for approval stand.
    pub(crate) async fn approval_requests(
        &self,
        step: Step<'_>,
    ) -> Result<Vec<ApprovalRequest>, GraphError> {
        let writer = self.client.writer().ok_or(GraphError::NoProvider)?;
        self.reading(&step, || {
            let leave = step.time_left(Instant::now());
            writer.approval_requests(&self.connection, &self.context, leave)
        })
        .await
    }

    pub(crate) const fn approval_wait(&self) -> Duration {
        self.approval_wait
    }

    pub(crate) const fn creation_wait(&self) -> Duration {
        self.creation_wait
    }

    /// Where an administrator of the directory consents to the application.
    pub(crate) fn admin_consent_url(&self) -> String {
        self.connection.admin_consent_url()
    }

    pub(crate) fn tenant_id(&self) -> &str {
        self.connection.tenant_id()
    }
}

/// The normalised reason of a provider's refusal.
pub(crate) fn reason_of(error: &GraphError) -> &'static str {
    match error {
        GraphError::AuthenticationFailed {
            kind: CredentialFault::ExpiredSecret,
            ..
        } => "provider_credential_expired",
        GraphError::AuthenticationFailed { .. } => "provider_auth_failed",
        GraphError::ConsentMissing { .. } => "provider_consent_missing",
        GraphError::TenantUnknown { .. } => "provider_tenant_unknown",
        GraphError::PermissionDenied { .. } => "provider_permission_denied",
        GraphError::NotLicensed { .. } => "provider_not_licensed",
        GraphError::NotFound { .. } => "provider_not_found",
        GraphError::Rejected { .. } => "provider_rejected",
        GraphError::Throttled { .. } => "provider_throttled",
        GraphError::LeaveTooOld => "authority_not_asked",
        GraphError::Unreachable { .. } => "provider_unreachable",
        GraphError::ServerError { .. } => "provider_error",
        GraphError::InvalidResponse { .. }
        | GraphError::RefusedNextLink { .. }
        | GraphError::TooLarge { .. } => "provider_invalid_response",
        GraphError::Misconfigured { .. } | GraphError::NoProvider => "provider_misconfigured",
    }
}

/// How long the provider asked to wait, where it did.
pub(crate) const fn stated_wait(error: &GraphError) -> Option<Duration> {
    match error {
        GraphError::Throttled { retry_after, .. } => Some(*retry_after),
        _ => None,
    }
}

/// A failure from the provider, in safe words.
pub(crate) fn failure_of(code: &str, error: &GraphError) -> Failure {
    Failure {
        code: code.to_owned(),
        reason_code: reason_of(error).to_owned(),
        message: error.safe_message(),
        stated_wait: stated_wait(error),
    }
}

pub(crate) fn failure(reason: &str, message: &str) -> Failure {
    Failure {
        code: "provider.session".to_owned(),
        reason_code: reason.to_owned(),
        message: message.to_owned(),
        stated_wait: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l08_what_passes_by_itself_is_what_the_provider_client_says() {
        let errors = [
            GraphError::Throttled {
                retry_after: Duration::from_secs(7),
                request_id: None,
            },
            GraphError::Unreachable {
                kind: UnreachableKind::Interrupted,
            },
            GraphError::ServerError {
                status: 503,
                request_id: None,
            },
            GraphError::NotFound { request_id: None },
            GraphError::NotLicensed { request_id: None },
            GraphError::TenantUnknown { request_id: None },
            GraphError::InvalidResponse {
                what: "no object",
                request_id: None,
            },
            GraphError::NoProvider,
        ];
        for error in &errors {
            let passes = domain::retry::passes(reason_of(error));
            assert_eq!(passes, error.is_transient(), "{error}");
        }
        assert_eq!(stated_wait(&errors[0]), Some(Duration::from_secs(7)));
        assert_eq!(stated_wait(&errors[2]), None);
    }
}
