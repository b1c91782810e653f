//! What a run's page leaves out, and says so instead of leaving a hole (V-15).

use domain::views::RunView;
use store::{Removal, RunAccess, RunRow};

/// Says what was taken away in time, instead of leaving a hole (V-15).
pub(super) fn removed(removal: Removal) -> String {
    let of = |count: i64, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let parts = [
        of(removal.items, "item", "items"),
        of(
            removal.reports,
            "verification report",
            "verification reports",
        ),
        of(removal.writes, "write record", "write records"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let what = match parts.as_slice() {
        [all @ .., last] if !all.is_empty() => format!("{} and {last}", all.join(", ")),
        parts => parts.concat(),
    };
    went(&format!("{what} of this run"), removal)
}

/// The same of a bulk, whose items nobody may count beyond their own tenants.
pub(super) fn removed_of_bulk(removal: Removal) -> String {
    went("The items of this run", removal)
}

fn went(what: &str, removal: Removal) -> String {
    format!(
        "{what} went on {}: details are kept for {} days. The run, its decisions and its audit entries stay.",
        removal.removed_at.exact(),
        removal.kept_days,
    )
}

/// Says what is left out of provider errors instead of leaving a hole (V-15).
pub(super) fn redactions(row: &RunRow) -> Vec<String> {
    if row.failures.is_empty() {
        return Vec::new();
    }
    vec!["The provider's raw answers are not stored or shown, because they can hold secrets; the codes and words above are made from them.".to_owned()]
}

/// The page for whoever asked for a run and may not view its kind any more: how it went and why, and
/// nothing of what it read or changed (V-15 says so on the page).
pub(super) fn explained(run: &RunAccess, view: RunView) -> RunView {
    let place = run.tenant().map_or(run.workspace_name(), |(name, _)| name);
    let note = format!(
        "Items, numbers and reports of this run: your role in {place} does not hold \u{201c}{}\u{201d}. You see the rest because you started it.",
        run.view_capability().label()
    );
    RunView {
        counts: Vec::new(),
        progress: None,
        items: Vec::new(),
        questions: Vec::new(),
        report: None,
        bulk: None,
        is_exportable: false,
        redactions: std::iter::once(note).chain(view.redactions).collect(),
        ..view
    }
}
