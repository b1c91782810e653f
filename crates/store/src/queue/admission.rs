//! The limits of tenants and connections, kept while a claim takes runs.

use std::collections::HashMap;

use domain::ids::{ConnectionId, ScopeId};

use super::QueueSettings;

/// What is already under way, so that a claim keeps the limits exactly.
#[derive(Debug, Default)]
pub(crate) struct Admission {
    tenants: HashMap<ScopeId, i64>,
    connections: HashMap<ConnectionId, i64>,
}

impl Admission {
    /// Counts runs that are under way.
    pub(crate) fn count(&mut self, scope: ScopeId, connection: Option<ConnectionId>, runs: i64) {
        *self.tenants.entry(scope).or_default() += runs;
        if let Some(connection) = connection {
            *self.connections.entry(connection).or_default() += runs;
        }
    }

    /// Whether one more run keeps within the limits; if so, it is counted.
    pub(crate) fn admits(
        &mut self,
        settings: &QueueSettings,
        scope: ScopeId,
        connection: Option<ConnectionId>,
    ) -> bool {
        let of_tenant = self.tenants.get(&scope).copied().unwrap_or(0);
        let of_connection = connection.and_then(|id| self.connections.get(&id).copied());
        let admits = of_tenant < settings.tenant_limit
            && of_connection.unwrap_or(0) < settings.connection_limit;
        if admits {
            self.count(scope, connection, 1);
        }
        admits
    }
}
