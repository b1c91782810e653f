//! The life of a tenant, and what may be run in each part of it (L-17).

use crate::words::words;

words! {
    /// Where a tenant is in its life.
    pub enum TenantLifecycle {
        /// Named, nothing connected yet.
        Draft = "draft",
        /// Being connected: the connection check may run, nothing else.
        Onboarding = "onboarding",
        /// In service.
        Active = "active",
        /// Put away: everything stays readable, nothing runs.
        Archived = "archived",
    }
}

/// Which lifecycles an operation type may run in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operability {
    /// Needs a tenant in service.
    ActiveOnly,
    /// Part of onboarding, so it may run there too.
    OnboardingToo,
}

impl TenantLifecycle {
    /// Whether an operation may run in a tenant at this point of its life (L-17).
    pub const fn allows(self, need: Operability) -> bool {
        match self {
            Self::Active => true,
            Self::Onboarding => matches!(need, Operability::OnboardingToo),
            Self::Draft | Self::Archived => false,
        }
    }

    /// Whether a tenant may be the remembered selection in the header.
    pub const fn is_selectable(self) -> bool {
        matches!(self, Self::Active)
    }

    /// The part of its life a tenant comes to next, while it is being brought into service.
    pub const fn next(self) -> Option<Self> {
        match self {
            Self::Draft => Some(Self::Onboarding),
            Self::Onboarding => Some(Self::Active),
            Self::Active | Self::Archived => None,
        }
    }

    /// What runs in this part of a tenant's life, in a sentence (L-17).
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Draft => "A draft is a name and a directory. Nothing runs in it.",
            Self::Onboarding => {
                "While a tenant is being onboarded the connection check runs, and nothing else."
            }
            Self::Active => "Every operation can be started.",
            Self::Archived => "Nothing runs in an archived tenant. Everything stays readable.",
        }
    }

    /// What this part of a tenant's life is called on pages.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Onboarding => "Onboarding",
            Self::Active => "Active",
            Self::Archived => "Archived",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l17_operability_by_lifecycle() {
        use Operability::{ActiveOnly, OnboardingToo};
        let table: Vec<_> = TenantLifecycle::ALL
            .iter()
            .map(|life| {
                (
                    life.as_str(),
                    life.allows(OnboardingToo),
                    life.allows(ActiveOnly),
                )
            })
            .collect();
        assert_eq!(
            table,
            [
                ("draft", false, false),
                ("onboarding", true, false),
                ("active", true, true),
                ("archived", false, false),
            ]
        );
    }
}
