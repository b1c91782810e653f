//! `retention`: how long details of completed runs are kept, and removing what is older.

use domain::time::DAY;
use operations::tidy;
use serde_json::json;

use crate::{cli::Retention, data_dir};

/// Sets, tells, and on request does what the daily pass of the workers does.
pub(crate) async fn retention(args: Retention) -> anyhow::Result<()> {
    let (_, services) = data_dir::open_existing(&args.database).await?;
    let store = services.store();
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
        true => Some(tidy(store, kept_days).await?),
        false => None,
    };
    if args.json {
        let removed = removed.map(|it| json!({ "items": it.items, "reports": it.reports }));
        let line = json!({ "kept_days": kept_days, "removable": removable, "removed": removed });
        println!("{line}");
        return Ok(());
    }
    println!("Items and reports of completed runs are kept for {kept_days} days.");
    match removed {
        Some(it) => println!(
            "Removed {} items and {} verification reports.",
            it.items, it.reports
        ),
        None => println!(
            "Older are {} items of {} runs, and {} verification reports.",
            removable.items, removable.runs, removable.reports
        ),
    }
    println!("Runs, their decisions and the audit log always stay.");
    Ok(())
}
