//! What a call costs.

use crate::contracts::{Contract, PageSize, Service};

/// What a call costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    /// Units of the service's limit of all calls.
    pub(crate) units: u32,
    /// How many requests it is, which is what all services together count.
    pub(crate) requests: u32,
    /// Whether it changes something, which has a limit of its own.
    pub(crate) is_write: bool,
}

impl Cost {
    /// Reading one page of a type.
    pub(crate) fn page(contract: &Contract) -> Self {
        let expands = contract.expand.known().flatten().is_some();
        let selects = contract
            .select
            .known()
            .is_some_and(|select| !select.is_empty());
        let small = matches!(contract.page_size.known(), Some(PageSize::Top(top)) if top < 20);
        let units = match contract.service {
            // A list is charged for its fields: fewer are cheaper, related objects dearer.
            Service::Directory => 2 + u32::from(expands) - u32::from(selects) - u32::from(small),
            Service::Intune | Service::ConditionalAccess => 1,
        };
        let units = units.max(1);
        Self {
            units,
            ..Self::object()
        }
    }

    /// Reading one object.
    pub(crate) const fn object() -> Self {
        Self {
            units: 1,
            requests: 1,
            is_write: false,
        }
    }

    /// Changing one object.
    pub(crate) const fn write() -> Self {
        Self {
            units: 1,
            requests: 1,
            is_write: true,
        }
    }

    /// Several at once.
    pub(crate) fn times(self, count: usize) -> Self {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            units: self.units.saturating_mul(count),
            requests: self.requests.saturating_mul(count),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p01_costs_follow_the_documented_weights() {
        let cost = |key| Cost::page(crate::contracts::contract(key).unwrap()).units;
        assert_eq!(cost("groups"), 1, "a choice of fields");
        assert_eq!(cost("app_role_assignments"), 2, "a plain list");
        assert_eq!(cost("compliance_policies"), 1, "Intune counts requests");
        let twenty = Cost::object().times(20);
        assert_eq!((twenty.units, twenty.requests), (20, 20));
    }
}
