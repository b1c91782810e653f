//! `retention`: how long details of completed runs are kept, and removing what is older.

use domain::time::DAY;
use operations::tidy;
use serde_json::json;

use crate::{cli::Retention, data_dir};

/// Sets, tells, and on request does what the daily pass of the workers does.
pub(crate) async fn retention(args: Retention) -> anyhow::Result<()> {
    let (_, store) = data_dir::store_existing(&args.database).await?;
    if let Some(days) = args.keep_days.filter(|_| !args.dry_run) {
        store.retention_days_set(days).await?;
    }
    let kept_days = match args.keep_days {
        Some(days) => days,
        None => store.retention_days().await?,
    };
    let ended_before = store.now().await?.plus(-kept_days.saturating_mul(DAY));
    let removable = store.removable(ended_before).await?;
    let removed = match args.now {
        true => Some(tidy(&store, kept_days).await?),
        false => None,
    };
    if args.json {
        let removed = removed
            .map(|it| json!({ "items": it.items, "reports": it.reports, "writes": it.writes }));
        let line = json!({ "kept_days": kept_days, "removable": removable, "removed": removed });
        println!("{line}");
        return Ok(());
    }
    println!("Items, reports and write records of completed runs are kept for {kept_days} days.");
    match removed {
        Some(it) => println!(
            "Removed {} items, {} verification reports and {} write records.",
            it.items, it.reports, it.writes
        ),
        None => println!(
            "Older are {} items of {} runs, {} verification reports and {} write records.",
            removable.items, removable.runs, removable.reports, removable.writes
        ),
    }
    println!("Runs, their decisions and the audit log always stay.");
    Ok(())
}
