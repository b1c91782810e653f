//! The installation of a trial: a laboratory with one workspace, its owner, and tenants with an operator each.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use domain::{
    capability::Role,
    connection::{ConsentStatus, VerificationStatus},
    ids::{ConnectionId, RequestId, ScheduleId, UserId},
    lifecycle::TenantLifecycle,
};
use operations::MasterKey;
use serde::Deserialize;
use store::{
    GrantsOf, NewConnection, NewTenant, NewUser, Presence, Scope, Store, TenantAccess,
    WorkspaceAccess,
};
use uuid::Uuid;

use crate::{provider::Provider, slots};

/// A tenant of the sandbox, as it says itself.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Directory {
    pub(crate) tenant_id: String,
    pub(crate) display_name: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
}

/// A tenant, its connection, and who asks for runs in it.
pub(crate) struct Site {
    pub(crate) directory: Directory,
    pub(crate) tenant: TenantAccess,
    pub(crate) connection: ConnectionId,
    pub(crate) schedule: ScheduleId,
    pub(crate) operator: Scope,
    /// The operator's session, as a browser has it.
    pub(crate) session: String,
    pub(crate) email: String,
}

/// Everything a trial was seeded with.
pub(crate) struct Installation {
    pub(crate) store: Store,
    pub(crate) owner: Scope,
    /// The owner's session, as a browser has it.
    pub(crate) owner_session: String,
    pub(crate) workspace: WorkspaceAccess,
    pub(crate) sites: Vec<Site>,
}

fn person(name: &str) -> (String, NewUser) {
    let email = format!("{name}@example.test");
    let user = NewUser {
        email: email.clone(),
        display_name: name.to_owned(),
        password_hash: "nobody signs in with this".to_owned(),
    };
    (email, user)
}

async fn sign_in(store: &Store, user: UserId) -> Result<(Scope, String)> {
    let token = Uuid::now_v7().to_string();
    store.session_create(user, &token).await?;
    let request = RequestId::from_uuid(Uuid::now_v7());
    let scope = store.scope(&token, request, Presence::ByHand).await?;
    Ok((scope.context("a new session does not open")?, token))
}

impl Installation {
    /// Makes one on an empty database, with its provider's address and key in the data folder.
    pub(crate) async fn make(
        database: &str,
        data: &Path,
        provider: &Provider,
        directories: Vec<Directory>,
    ) -> Result<Self> {
        let url = &provider.url;
        let file = serde_json::json!({ "authority": url, "graph": url });
        fs::write(data.join("provider.json"), file.to_string())?;
        let key = MasterKey::open(&data.join("master.key"))?;
        // Only there a run may write as often as a trial needs it.
        let store = Store::open_laboratory(database).await?;
        store.setup_link_create("the first link").await?;
        let (_, owner) = person("owner");
        let owner = store
            .claim_installation("the first link", owner, "Trial")
            .await?;
        let (owner, owner_session) = sign_in(&store, owner).await?;
        let workspace = store.current_workspace(&owner).await?;
        let mut made = Self {
            store,
            owner,
            owner_session,
            workspace,
            sites: Vec::new(),
        };
        for (number, directory) in directories.into_iter().enumerate() {
            provider.let_write(&directory.tenant_id).await?;
            let site = made.site(number, directory, &key).await?;
            made.sites.push(site);
        }
        Ok(made)
    }

    async fn site(&self, number: usize, directory: Directory, key: &MasterKey) -> Result<Site> {
        let (store, owner) = (&self.store, &self.owner);
        let new = NewTenant {
            name: format!("{} {number}", directory.display_name),
            entra_tenant_id: Some(directory.tenant_id.clone()),
            lifecycle: TenantLifecycle::Active,
        };
        let id = store.tenant_create(owner, &self.workspace, new).await?;
        let tenant = store.tenant(owner, id).await?;
        let new = NewConnection {
            display_name: "Microsoft 365".to_owned(),
            entra_tenant_id: directory.tenant_id.clone(),
            client_id: directory.client_id.clone(),
            consent: ConsentStatus::Granted,
            verification: VerificationStatus::Healthy,
        };
        let connection = store.connection_create(owner, &tenant, new).await?;
        let sealed = key.seal(connection, &directory.client_secret.clone().into())?;
        store
            .credential_store(owner, &tenant, connection, sealed)
            .await?;
        let draft = slots::draft()?;
        let schedule = store.schedule_create(owner, &tenant, &draft).await?;
        let (email, user) = person(&format!("operator{number}"));
        let user = store.user_create(user).await?;
        let role = Role::Operator;
        store
            .workspace_role_set(owner, &self.workspace, user, role)
            .await?;
        store.tenant_role_set(owner, &tenant, user, role).await?;
        let (operator, session) = sign_in(store, user).await?;
        Ok(Site {
            directory,
            tenant,
            connection,
            schedule,
            operator,
            session,
            email,
        })
    }
}

impl Site {
    /// Whose grants decide about its runs.
    pub(crate) fn grants(&self) -> GrantsOf {
        GrantsOf {
            workspace: self.tenant.workspace_id(),
            user: self.operator.user_id(),
            tenant: self.tenant.id(),
        }
    }
}
