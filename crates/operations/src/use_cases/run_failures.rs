//! What went wrong in a run, in words, and what to do about it.

use domain::views::FailureView;
use store::RunRow;

/// The failures of a run as its page shows them.
pub(super) fn failures(row: &RunRow) -> Vec<FailureView> {
    let failures = row.failures.iter();
    failures
        .map(|failure| FailureView {
            code: failure.code.clone(),
            reason_code: failure.reason_code.clone(),
            message: sentence(&failure.message),
            next_step: next_step(&failure.reason_code).map(str::to_owned),
        })
        .collect()
}

/// What to do about a failure that is neither the provider's nor the tenant's; those say it themselves.
fn next_step(reason: &str) -> Option<&'static str> {
    Some(match reason {
        "timed_out" => {
            "Each try may take 30 minutes. What it did by then stays done. Start it again; if it takes as long once more, ask whoever runs TenantAtlas to look into its worker's log under this run's id."
        }
        "database_busy" => {
            "What it did by then stays done. Start it again; if it happens once more, ask whoever runs TenantAtlas to look at what else their database is busy with."
        }
        "handler_panicked" => {
            "This is a mistake in TenantAtlas, not in the tenant. Start it again; if it breaks off once more, report it with this run's id, under which the worker's log has the details."
        }
        "internal_error" => "Start it again; if it fails once more, report it with this run's id.",
        "stale_queued" => {
            "Workers were there and took other runs. Ask whoever runs TenantAtlas whether they have enough slots, and start it again if it is still wanted."
        }
        "worker_lost" => {
            "Ask whoever runs TenantAtlas why its workers stopped, before you start it again."
        }
        _ => return None,
    })
}

/// A message as a sentence begins.
fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r09_what_failed_on_our_side_says_what_to_do() {
        for reason in [
            "timed_out",
            "database_busy",
            "handler_panicked",
            "internal_error",
            "stale_queued",
            "worker_lost",
        ] {
            let step = next_step(reason).unwrap();
            assert!(step.ends_with('.') && !step.contains('_'), "{step}");
        }
        assert_eq!(next_step("provider_throttled"), None);
        assert_eq!(sentence("the provider failed"), "The provider failed");
    }
}
