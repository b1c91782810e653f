//! `migrate`, `keys`, `audit` and `users`.

use anyhow::bail;
use operations::MasterKey;
use store::StoreError;

use crate::{
    cli::{Audit, Database, Keys, Users},
    data_dir,
};

/// Brings the database up to date; opening it does that.
pub(crate) async fn migrate(database: &Database) -> anyhow::Result<()> {
    let (_, store) = data_dir::store(database).await?;
    println!("The database is up to date.");
    store.close().await;
    Ok(())
}

/// Takes another key for the installation's.
pub(crate) async fn keys(command: Keys) -> anyhow::Result<()> {
    let Keys::Adopt { database } = command;
    let (dir, store) = data_dir::store_existing(&database).await?;
    MasterKey::adopt(&store, &dir.key_file()).await?;
    println!(
        "{} is the key of this database from now on.",
        dir.key_file().display()
    );
    println!(
        "Credentials that were sealed with another one do not open: store them again on their connections' pages."
    );
    store.close().await;
    Ok(())
}

/// Verifies the audit log.
pub(crate) async fn audit(command: Audit) -> anyhow::Result<()> {
    let Audit::Verify { database, json } = command;
    let (_, store) = data_dir::store_existing(&database).await?;
    let verdicts = store.audit_verify().await?;
    if json {
        println!("{}", serde_json::to_string(&verdicts)?);
    }
    let mut broken = 0;
    for verdict in &verdicts {
        let told = match verdict.broken_at {
            None => format!("{} entries verify", verdict.entries),
            Some(at) => {
                broken += 1;
                format!("entry {at} does not fit")
            }
        };
        if !json {
            println!("workspace {}: {told}", verdict.workspace_id);
        }
    }
    if broken > 0 {
        bail!("the audit log of {broken} workspaces was changed");
    }
    Ok(())
}

/// Disables or enables a person.
pub(crate) async fn users(command: Users) -> anyhow::Result<()> {
    let (database, email, disable) = match &command {
        Users::Disable { database, email } => (database, email, true),
        Users::Enable { database, email } => (database, email, false),
    };
    let (_, store) = data_dir::store_existing(database).await?;
    if disable {
        is_found(store.user_disable(email).await, || {
            format!("there is no enabled person who signs in with {email}")
        })?;
        println!("{email} is disabled: sessions end now, queued runs are refused at their start.");
    } else {
        is_found(store.user_enable(email).await, || {
            format!("there is no disabled person who signs in with {email}")
        })?;
        println!("{email} is enabled.");
    }
    Ok(())
}

fn is_found(
    done: Result<(), StoreError>,
    otherwise: impl FnOnce() -> String,
) -> anyhow::Result<()> {
    match done {
        Err(StoreError::NotFound) => bail!(otherwise()),
        done => Ok(done?),
    }
}
