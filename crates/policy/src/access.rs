//! What a person may do with a thing they may see.

use domain::{
    capability::{Capability, Role},
    error::ApiError,
};

/// A person's role where a thing belongs: the tenant's for a tenant's things, the workspace's for its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grants(Role);

impl Grants {
    /// The grants of a membership that was read for this request.
    pub const fn of_membership(role: Role) -> Self {
        Self(role)
    }

    /// Whether the person may do this.
    pub fn allow(self, capability: Capability) -> bool {
        self.0.holds(capability)
    }
}

/// Asks for a capability on something the person is entitled to see.
///
/// # Errors
/// `Forbidden` with the capability's label. Entitlement is asked before, and answers `NotFound`.
pub fn require(grants: Grants, capability: Capability) -> Result<(), ApiError> {
    if grants.allow(capability) {
        Ok(())
    } else {
        Err(ApiError::Forbidden {
            capability: capability.label().to_owned(),
        })
    }
}
