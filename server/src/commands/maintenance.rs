//! `migrate`, `doctor`, `audit` and `users`.

use anyhow::{Context as _, bail};
use store::{HintReport, Store};

use crate::{
    cli::{Audit, Database, Users},
    data_dir,
};

/// Brings the database up to date; opening it does that.
pub(crate) async fn migrate(database: &Database) -> anyhow::Result<()> {
    let (_, services) = data_dir::open(database).await?;
    println!("The database is up to date.");
    services.store().close().await;
    Ok(())
}

/// Looks over the installation.
pub(crate) async fn doctor(database: &Database) -> anyhow::Result<()> {
    let (dir, services) = data_dir::open_existing(database).await?;
    println!(
        "ok    the data folder {} can be written to",
        dir.path().display()
    );
    match services.store().ping().await {
        Err(error) if error.is_of_a_shared_session() => bail!(
            "the database is behind a pooler that shares sessions; add statement-cache-capacity=0 to its URL"
        ),
        answer => answer.context("the database does not answer")?,
    }
    println!("ok    the database answers and is at this program's version");
    tell_of_workers(services.store()).await?;
    tell_of_hints(services.store()).await?;
    let endpoints = dir.endpoints()?;
    println!("ok    the provider is {}", endpoints.graph());
    let verdicts = services.store().audit_verify().await?;
    let broken: Vec<_> = verdicts.iter().filter(|v| v.broken_at.is_some()).collect();
    if !broken.is_empty() {
        bail!(
            "the audit log of {} workspaces does not verify; see `tenant-atlas audit verify`",
            broken.len()
        );
    }
    println!(
        "ok    the audit log verifies in {} workspaces",
        verdicts.len()
    );
    if services.store().is_unclaimed().await? {
        println!("note  nobody can sign in yet; `tenant-atlas serve` prints a set-up link");
    }
    Ok(())
}

/// Says who is there to work on runs, and who was.
async fn tell_of_workers(store: &Store) -> anyhow::Result<()> {
    let workers = store.workers().await?;
    let slots: i64 = workers
        .iter()
        .filter(|it| it.is_alive)
        .map(|it| it.slots)
        .sum();
    match workers.iter().filter(|it| it.is_alive).count() {
        0 => println!(
            "note  no worker is there: queued runs wait until `tenant-atlas serve` or `tenant-atlas worker` runs"
        ),
        1 => println!("ok    1 worker with {slots} slots is there"),
        number => println!("ok    {number} workers with {slots} slots are there"),
    }
    for worker in workers {
        let (since, seen) = (worker.started_at.exact(), worker.last_seen_at.exact());
        if worker.is_alive {
            println!(
                "      {} on {}, {} slots, since {since}, heard of at {seen}",
                worker.id, worker.host, worker.slots
            );
        } else {
            println!(
                "note  {} on {} has been silent since {seen}; its runs are tried again",
                worker.id, worker.host
            );
        }
    }
    Ok(())
}

/// Says how fast a worker learns of what another process queued.
async fn tell_of_hints(store: &Store) -> anyhow::Result<()> {
    match store.hint_report().await? {
        HintReport::None => {
            println!(
                "ok    runs start within 250 ms by polling, and at once in the process that queued them"
            );
        }
        HintReport::Pooled => {
            println!("ok    the database is behind a pooler: runs start within 250 ms by polling")
        }
        HintReport::Through(after) => println!(
            "ok    notifications get through, after {:.1} ms",
            after.as_secs_f64() * 1000.0
        ),
        HintReport::Lost => println!(
            "note  notifications do not get through; runs start within 250 ms by polling. \
             Behind a pooler this is as it should be; the database URL then needs statement-cache-capacity=0"
        ),
    }
    Ok(())
}

/// Verifies the audit log.
pub(crate) async fn audit(command: Audit) -> anyhow::Result<()> {
    let Audit::Verify { database, json } = command;
    let (_, services) = data_dir::open_existing(&database).await?;
    let verdicts = services.store().audit_verify().await?;
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
    let (_, services) = data_dir::open_existing(database).await?;
    let store = services.store();
    if disable {
        store
            .user_disable(email)
            .await
            .context("there is no such enabled person")?;
        println!("{email} is disabled: sessions end now, queued runs are refused at their start.");
    } else {
        store
            .user_enable(email)
            .await
            .context("there is no such disabled person")?;
        println!("{email} is enabled.");
    }
    Ok(())
}
