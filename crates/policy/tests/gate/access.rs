//! V-02 and V-17: what a person may do with a thing they may see.

use domain::{
    capability::{Capability, Role},
    error::ApiError,
};
use policy::{Grants, require};

#[test]
fn v17_a_membership_grants_what_its_role_holds() {
    for role in Role::ALL {
        for capability in Capability::ALL {
            assert_eq!(
                Grants::of_membership(*role).allow(*capability),
                role.holds(*capability)
            );
        }
    }
}

#[test]
fn v02_entitled_without_the_capability_is_forbidden_by_name() {
    let readonly = Grants::of_membership(Role::Readonly);
    assert_eq!(require(readonly, Capability::OperationsView), Ok(()));
    let refused = require(readonly, Capability::InventoryView);
    assert_eq!(
        refused,
        Err(ApiError::Forbidden {
            capability: "View inventory".to_owned()
        })
    );
    assert_eq!(refused.map_err(|error| error.status()), Err(403));
}
