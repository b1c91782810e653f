//! A person per role, and one of another workspace; with passwords nobody knew before.

use domain::{
    capability::Role,
    ids::{UserId, WorkspaceId},
};
use store::{NewUser, Scope};

use super::SampleError;
use crate::{Services, secrets::random};

/// An account of the sample, as it is printed.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct SampleAccount {
    /// What to sign in with.
    pub email: String,
    /// A random password.
    pub password: String,
    /// The role in the workspace and in its tenants.
    pub role: String,
    /// The workspace.
    pub workspace: String,
    /// What the person is called.
    pub name: String,
}

/// The sample's people, each able to act.
pub(super) struct People {
    pub(super) owner: Scope,
    pub(super) members: Vec<(UserId, String, Role)>,
    pub(super) operator: Scope,
    pub(super) outsider: Scope,
    pub(super) outsider_name: (UserId, String),
}

const MAIN: &str = "Contoso Group";
const OTHER: &str = "Northwind Partners";

/// The accounts, before they are written.
pub(super) fn accounts() -> Result<Vec<SampleAccount>, SampleError> {
    let people = [
        ("Olivia Owner", "owner", Role::Owner.as_str(), MAIN),
        ("Marta Manager", "manager", Role::Manager.as_str(), MAIN),
        ("Dana Operator", "operator", Role::Operator.as_str(), MAIN),
        ("Ravi Readonly", "readonly", Role::Readonly.as_str(), MAIN),
        ("Oskar Outsider", "outsider", "outsider", OTHER),
    ];
    people
        .into_iter()
        .map(|(name, local, role, workspace)| {
            Ok(SampleAccount {
                email: format!("{local}@tenantatlas.example"),
                password: password()?,
                role: role.to_owned(),
                workspace: workspace.to_owned(),
                name: name.to_owned(),
            })
        })
        .collect()
}

fn password() -> Result<String, SampleError> {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let bytes = random::<20>()?;
    let letters = bytes
        .iter()
        .filter_map(|b| LETTERS.get(usize::from(*b) % LETTERS.len()));
    let word: String = letters.map(|letter| char::from(*letter)).collect();
    Ok([
        word.get(..5),
        word.get(5..10),
        word.get(10..15),
        word.get(15..),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join("-"))
}

impl Services {
    /// Writes the people, their workspaces and their workspace roles.
    pub(super) async fn make_people(
        &self,
        accounts: &[SampleAccount],
    ) -> Result<People, SampleError> {
        let mut made = Vec::new();
        for account in accounts {
            let user = NewUser {
                email: account.email.clone(),
                display_name: account.name.clone(),
                password_hash: self.passwords.hash(account.password.clone()).await?,
            };
            let id = self.store.user_create(user).await?;
            made.push((id, account.name.clone(), Role::parse(&account.role)));
        }
        let missing = || store::StoreError::NotFound;
        let holder = |role: Role| {
            made.iter()
                .find(|(.., r)| *r == Some(role))
                .map(|(id, ..)| *id)
        };
        let owner = holder(Role::Owner).ok_or_else(missing)?;
        let operator = holder(Role::Operator).ok_or_else(missing)?;
        let stranger = made
            .iter()
            .find(|(.., role)| role.is_none())
            .ok_or_else(missing)?;
        let main = self.store.workspace_create(MAIN, owner).await?;
        self.store.workspace_create(OTHER, stranger.0).await?;
        let members = made
            .iter()
            .filter_map(|(id, name, role)| Some((*id, name.clone(), (*role)?)))
            .collect::<Vec<_>>();
        let owner = self.act_as(owner).await?;
        self.enrol(&owner, main, &members).await?;
        Ok(People {
            operator: self.act_as(operator).await?,
            outsider: self.act_as(stranger.0).await?,
            outsider_name: (stranger.0, stranger.1.clone()),
            members,
            owner,
        })
    }

    async fn enrol(
        &self,
        owner: &Scope,
        workspace: WorkspaceId,
        members: &[(UserId, String, Role)],
    ) -> Result<(), SampleError> {
        let workspace = self.store.workspace(owner, workspace).await?;
        for (user, _, role) in members {
            self.store
                .workspace_role_set(owner, &workspace, *user, *role)
                .await?;
        }
        Ok(())
    }
}
