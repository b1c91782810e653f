//! `doctor`: looks over an installation, and changes nothing.

use std::path::Path;

use domain::operation::Habitat;
use operations::KeyFit;
use store::{HintReport, OpenError, Schema, Standing, Store, StoreError, WorkerRow};

use super::findings::Findings;
use crate::{cli::Doctor, data_dir::DataDir};

/// Says what is there, what is not in order, and what to do.
pub(crate) async fn doctor(args: Doctor) -> anyhow::Result<()> {
    let mut findings = Findings::default();
    if let Some(dir) = look_at_folder(&args, &mut findings) {
        let url = dir.database_url(args.database.database_url.as_deref());
        if let Some(store) = look_at_database(&url, &mut findings).await {
            look_inside(&store, &dir, &mut findings).await;
            store.close().await;
        }
        match dir.endpoints() {
            Ok(endpoints) => {
                findings.ok("provider", format!("the provider is {}", endpoints.graph()))
            }
            Err(error) => findings.error("provider", &error),
        }
    }
    findings.tell(args.json)
}

fn look_at_folder(args: &Doctor, findings: &mut Findings) -> Option<DataDir> {
    let path = &args.database.data_dir;
    let shown = path.display();
    let there = DataDir::there(path);
    match &there {
        Some(dir) if dir.is_writable() => {
            findings.ok(
                "folder",
                format!("the data folder {} can be written to", dir.path().display()),
            );
        }
        Some(dir) => findings.fault(
            "folder",
            format!(
                "the data folder {} cannot be written to; make it this user's",
                dir.path().display()
            ),
        ),
        None if args.database.database_url.is_some() => {
            findings.fault(
                "folder",
                format!("there is no data folder {shown}, and so no key; name the one of this database with --data-dir"),
            );
            // The database can be looked at all the same.
            return Some(DataDir::unmade(path));
        }
        None => findings.fault(
            "folder",
            format!(
                "there is no installation in {shown}; name one with --data-dir or --database-url"
            ),
        ),
    }
    there
}

/// Looks at the database; opens it only if it is this program's and at its version.
async fn look_at_database(url: &str, findings: &mut Findings) -> Option<Store> {
    let (habitat, schema) = match Store::look(url).await {
        Ok(Standing::Ours { habitat, schema }) => (habitat, schema),
        Ok(other) => {
            findings.fault("database", not_ours(url, other));
            return None;
        }
        Err(error) => {
            findings.error("database", &error.into());
            return None;
        }
    };
    if habitat == Habitat::Laboratory {
        findings.note(
            "habitat",
            "the database is a laboratory: a benchmark or a trial of faults made it for itself, and \
             `tenant-atlas serve` refuses it",
        );
    }
    match schema {
        Schema::Current => {}
        Schema::Older { at, wanted } => findings.fault(
            "schema",
            format!(
                "the database is at migration {at}, and this program wants {wanted}; back it up, and \
                 `tenant-atlas migrate` brings it there"
            ),
        ),
        Schema::Newer { found } => {
            findings.error("schema", &OpenError::FromNewerVersion { found }.into());
        }
        Schema::Damaged { migration } => findings.fault(
            "schema",
            format!("migration {migration} broke off, or is not the one this program knows; restore a backup"),
        ),
    }
    if schema != Schema::Current {
        return None;
    }
    match Store::open_as_it_is(url).await {
        Ok(store) => {
            findings.ok(
                "database",
                "the database answers and is at this program's version",
            );
            Some(store)
        }
        Err(error) => {
            findings.error("database", &error.into());
            None
        }
    }
}

fn not_ours(url: &str, standing: Standing) -> String {
    match standing {
        Standing::Foreign { table } => OpenError::Foreign { table }.to_string(),
        // Only a file can be absent, and its URL holds no password.
        Standing::Absent => format!(
            "there is no database {url}, and none was made; there is no installation in it. \
             Name the right one with --database-url or --data-dir"
        ),
        _ => "the database is empty; `tenant-atlas serve` or `tenant-atlas migrate` begins an installation in it"
            .to_owned(),
    }
}

async fn look_inside(store: &Store, dir: &DataDir, findings: &mut Findings) {
    match store.write_probe().await {
        Ok(()) => findings.ok("writing", "the database can be written to"),
        Err(StoreError::NotWritable(cause)) => findings.fault(
            "writing",
            format!(
                "the database cannot be written to: {cause}. Pages can be read, and nothing starts. Make room, \
                 or name the server that takes writes"
            ),
        ),
        Err(error) => findings.error("writing", &error.into()),
    }
    // Each benchmark seals what it makes with a key of its own.
    if store.habitat() == Habitat::Product {
        look_at_key(store, &dir.key_file(), findings).await;
    }
    match store.workers().await {
        Ok(workers) => tell_of_workers(&workers, findings),
        Err(error) => findings.error("workers", &error.into()),
    }
    match store.hint_report().await {
        Ok(report) => tell_of_hints(report, findings),
        Err(error) => findings.error("hints", &error.into()),
    }
    look_at_schedules(store, findings).await;
    look_at_audit_log(store, findings).await;
    match store.is_unclaimed().await {
        Ok(true) if store.habitat() == Habitat::Product => findings.note(
            "people",
            "nobody can sign in yet; `tenant-atlas serve` prints a set-up link",
        ),
        Ok(_) => {}
        Err(error) => findings.error("people", &error.into()),
    }
}

async fn look_at_key(store: &Store, path: &Path, findings: &mut Findings) {
    let shown = path.display();
    match KeyFit::of(store, path).await {
        Ok(KeyFit::Fits) => findings.ok("key", format!("{shown} is the key of this database")),
        Ok(KeyFit::Free) => findings.note(
            "key",
            "nothing was sealed with a key yet; the first start makes one, or takes the one that is there",
        ),
        Ok(KeyFit::Missing) => findings.error("key", &operations::KeyError::missing(path).into()),
        Ok(KeyFit::Other) => findings.error("key", &operations::KeyError::other(path).into()),
        Err(error) => findings.error("key", &error.into()),
    }
}

/// Says who is there to work on runs, and who was.
fn tell_of_workers(workers: &[WorkerRow], findings: &mut Findings) {
    let alive = workers.iter().filter(|it| it.is_alive);
    let slots: i64 = alive.clone().map(|it| it.slots).sum();
    match alive.count() {
        0 => findings.note(
            "workers",
            "no worker is there: queued runs wait until `tenant-atlas serve` or `tenant-atlas worker` runs",
        ),
        1 => findings.ok("workers", format!("1 worker with {slots} slots is there")),
        number => findings.ok("workers", format!("{number} workers with {slots} slots are there")),
    }
    for worker in workers {
        let (since, seen) = (worker.started_at.exact(), worker.last_seen_at.exact());
        let (id, host) = (worker.id, &worker.host);
        if worker.is_alive {
            let slots = worker.slots;
            findings.ok(
                "worker",
                format!("{id} on {host}, {slots} slots, since {since}, heard of at {seen}"),
            );
            continue;
        }
        let held = match worker.holds {
            0 => "it held no run",
            1 => "its run is tried again",
            _ => "its runs are tried again",
        };
        findings.note(
            "worker",
            format!("{id} on {host} has been silent since {seen}; {held}"),
        );
    }
}

/// Says how fast a worker learns of what another process queued.
fn tell_of_hints(report: HintReport, findings: &mut Findings) {
    match report {
        HintReport::None => findings.ok(
            "hints",
            "runs start within 250 ms by polling, and at once in the process that queued them",
        ),
        HintReport::Pooled => findings.ok(
            "hints",
            "the database is behind a pooler: runs start within 250 ms by polling, and at once in the process \
             that queued them",
        ),
        HintReport::Through(after) => findings.ok(
            "hints",
            format!("notifications get through, after {:.1} ms", after.as_secs_f64() * 1000.0),
        ),
        HintReport::Lost => findings.note(
            "hints",
            "notifications do not get through; runs start within 250 ms by polling. Behind a pooler this is as \
             it should be; the database URL then needs statement-cache-capacity=0",
        ),
    }
}

async fn look_at_schedules(store: &Store, findings: &mut Findings) {
    match store.schedules_unreadable().await {
        Ok(schedules) => {
            for it in schedules {
                findings.fault(
                    "schedule",
                    format!(
                        "the schedule {:?} ({}) of the tenant {:?} ({}) starts nothing: {}. Edit and save it, or \
                         delete it, on the tenant's page of schedules",
                        it.name, it.id, it.tenant_name, it.tenant_id, it.why
                    ),
                );
            }
        }
        Err(error) => findings.error("schedule", &error.into()),
    }
}

async fn look_at_audit_log(store: &Store, findings: &mut Findings) {
    let verdicts = match store.audit_verify().await {
        Ok(verdicts) => verdicts,
        Err(error) => return findings.error("audit", &error.into()),
    };
    match verdicts.iter().filter(|v| v.broken_at.is_some()).count() {
        0 => findings.ok("audit", format!("the audit log verifies in {} workspaces", verdicts.len())),
        broken => findings.fault(
            "audit",
            format!("the audit log of {broken} workspaces does not verify; see `tenant-atlas audit verify`"),
        ),
    }
}
