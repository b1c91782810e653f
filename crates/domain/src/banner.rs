//! The banner above a record: what is unusual about where it stands, and never a change of access (V-04).

use serde::{Deserialize, Serialize};

use crate::lifecycle::TenantLifecycle;

/// Where a record stands, seen from the viewer's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing<'a> {
    /// The record's tenant and its lifecycle, unless it belongs to the workspace itself.
    pub tenant: Option<(&'a str, TenantLifecycle)>,
    /// The tenant selected in the header, if it is another one than the record's.
    pub other_selected: Option<&'a str>,
}

/// One reason to show the banner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BannerLine {
    /// A stable word for tests and styles.
    pub kind: String,
    /// What is unusual.
    pub text: String,
}

/// The lines of the one combined banner, most severe first; empty means no banner.
pub fn banner(standing: &Standing<'_>) -> Vec<BannerLine> {
    let mut lines = Vec::new();
    if let Some((name, lifecycle)) = standing.tenant {
        lines.extend(lifecycle_line(name, lifecycle));
    }
    if let Some(selected) = standing.other_selected {
        let of = standing.tenant.map_or("the workspace", |(name, _)| name);
        lines.push(line(
            "context_mismatch",
            format!("You have {selected} selected; this run belongs to {of}. Your selection has not changed."),
        ));
    }
    if standing.tenant.is_none() {
        lines.push(line(
            "tenantless",
            "This run belongs to the workspace, not to one tenant.".to_owned(),
        ));
    }
    lines
}

fn lifecycle_line(name: &str, lifecycle: TenantLifecycle) -> Option<BannerLine> {
    let viewable = "You can view this run; follow-up actions in the tenant may not be available.";
    match lifecycle {
        TenantLifecycle::Archived => {
            Some(line("archived", format!("{name} is archived. {viewable}")))
        }
        TenantLifecycle::Draft => Some(line(
            "not_selectable",
            format!("{name} is a draft and cannot be selected. {viewable}"),
        )),
        TenantLifecycle::Onboarding => Some(line(
            "onboarding",
            format!("{name} is being onboarded. {viewable}"),
        )),
        TenantLifecycle::Active => None,
    }
}

fn line(kind: &str, text: String) -> BannerLine {
    BannerLine {
        kind: kind.to_owned(),
        text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v04_one_banner_most_severe_first() {
        let kinds = |tenant, other_selected| {
            banner(&Standing {
                tenant,
                other_selected,
            })
            .into_iter()
            .map(|l| l.kind)
            .collect::<Vec<_>>()
        };
        use TenantLifecycle::{Active, Archived, Draft, Onboarding};
        assert!(kinds(Some(("A", Active)), None).is_empty());
        assert_eq!(kinds(Some(("A", Active)), Some("B")), ["context_mismatch"]);
        assert_eq!(
            kinds(Some(("A", Archived)), Some("B")),
            ["archived", "context_mismatch"]
        );
        assert_eq!(kinds(Some(("A", Onboarding)), None), ["onboarding"]);
        assert_eq!(kinds(Some(("A", Draft)), None), ["not_selectable"]);
        assert_eq!(kinds(None, None), ["tenantless"]);
        assert_eq!(kinds(None, Some("B")), ["context_mismatch", "tenantless"]);
    }
}
