//! Scope, capability, operability and context: V-16, L-17 and what the gate cannot understand.

use domain::{
    capability::{Capability, Role},
    decision::CheckResult,
    ids::ConnectionId,
    lifecycle::TenantLifecycle,
    operation::OperationType,
    reason::{ReasonCode, ReasonDetail},
    run::AuthorityMode,
};
use policy::{ContextState, Facts};

use crate::facts::{
    OTHER, check, columns, decision, grant, id, in_a_tenant, in_order, is_allowed, its_connection,
    its_tenant, of_tenants, person, refusal, sync_by_person, sync_by_system, tenant, with,
};

const CONTEXT_INVALID: Option<(ReasonCode, Option<ReasonDetail>)> = Some((
    ReasonCode::ExecutionPrerequisiteInvalid,
    Some(ReasonDetail::ContextInvalid),
));

fn roles(workspace: Role, in_tenant: Option<Role>) -> impl FnOnce(&mut Facts) {
    move |facts| {
        person(facts, |actor| {
            actor.workspace = grant(workspace, 1);
            actor.tenant = in_tenant.and_then(|role| grant(role, 2));
        });
    }
}

#[test]
fn v16_a_workspace_role_lends_no_capability_in_a_tenant() {
    for operation in of_tenants() {
        let facts = in_order(operation, AuthorityMode::ActorBound);
        let readonly = with(facts.clone(), roles(Role::Owner, Some(Role::Readonly)));
        assert_eq!(
            refusal(&readonly),
            Some((ReasonCode::MissingCapability, None))
        );
        let no_member = with(facts, roles(Role::Owner, None));
        assert_eq!(
            refusal(&no_member),
            Some((ReasonCode::TenantNotEntitled, None))
        );
        assert_eq!(
            check(&decision(&no_member), "capability"),
            CheckResult::Failed
        );
    }
}

#[test]
fn v16_the_tenant_role_counts_whatever_the_workspace_role() {
    for workspace in Role::ALL {
        for in_tenant in Role::ALL {
            for operation in of_tenants() {
                let facts = with(
                    in_order(operation, AuthorityMode::ActorBound),
                    roles(*workspace, Some(*in_tenant)),
                );
                let holds = in_tenant.holds(operation.spec().start_capability);
                assert_eq!(is_allowed(&facts), holds, "{workspace} {in_tenant}");
            }
        }
    }
}

#[test]
fn v16_a_tenant_role_lends_no_capability_in_the_workspace() {
    let of_the_workspace = |workspace, in_tenant| {
        let facts = with(sync_by_person(), roles(workspace, Some(in_tenant)));
        decision(&with(facts, |facts| {
            facts.run.tenant_id = None;
            facts.tenant = None;
        }))
    };
    let lent = of_the_workspace(Role::Readonly, Role::Owner);
    assert_eq!(lent.reason_code, Some(ReasonCode::MissingCapability));
    let own = of_the_workspace(Role::Operator, Role::Readonly);
    assert_eq!(check(&own, "capability"), CheckResult::Passed);
}

#[test]
fn v16_a_run_without_its_tenant_never_starts() {
    // What works on a tenant's connection: without the tenant the workspace's role would be asked for it.
    for (operation, authority) in columns().filter(|(operation, _)| operation.is_of_tenant()) {
        for row in [None, Some(tenant())] {
            let facts = with(in_order(operation, authority), |facts| {
                facts.run.tenant_id = None;
                facts.tenant = row;
                person(facts, |actor| actor.workspace = grant(Role::Owner, 1));
            });
            assert!(!is_allowed(&facts), "{operation} {authority}");
        }
    }
    let decision = decision(&with(sync_by_system(), |facts| {
        facts.run.tenant_id = None;
        facts.tenant = None;
    }));
    assert_eq!(
        (decision.reason_code, decision.reason_detail),
        (
            Some(ReasonCode::ExecutionPrerequisiteInvalid),
            Some(ReasonDetail::ContextInvalid)
        )
    );
    for name in ["tenant_scope", "tenant_operability"] {
        assert_eq!(check(&decision, name), CheckResult::NotApplicable);
    }
}

#[test]
fn v16_a_run_of_the_workspace_asks_the_workspace_membership_alone() {
    let bulk = in_order(
        OperationType::BulkConnectionCheck,
        AuthorityMode::ActorBound,
    );
    for workspace in Role::ALL {
        for in_tenant in [None, Some(Role::Readonly), Some(Role::Owner)] {
            let facts = with(bulk.clone(), roles(*workspace, in_tenant));
            let holds = workspace.holds(OperationType::BulkConnectionCheck.spec().start_capability);
            assert_eq!(is_allowed(&facts), holds, "{workspace} {in_tenant:?}");
        }
    }
    let decision = decision(&bulk);
    for name in ["tenant_scope", "tenant_operability"] {
        assert_eq!(check(&decision, name), CheckResult::NotApplicable);
    }
    assert_eq!(decision.target_scope.tenant_id, None);
    assert_eq!(decision.target_scope.provider_connection_id, None);
}

#[test]
fn l18_a_run_of_the_workspace_in_a_tenant_is_an_invalid_context() {
    let bulk = in_order(
        OperationType::BulkConnectionCheck,
        AuthorityMode::ActorBound,
    );
    let placed = with(bulk, in_a_tenant);
    assert_eq!(refusal(&placed), CONTEXT_INVALID);
    let passed = [
        "workspace_scope",
        "tenant_scope",
        "capability",
        "tenant_operability",
    ];
    for name in passed {
        assert_eq!(check(&decision(&placed), name), CheckResult::Passed);
    }
}

#[test]
fn l04_the_capability_attached_at_request_is_asked_too() {
    // The catalog's capability alone is not enough when more was attached.
    let facts = with(sync_by_person(), |facts| {
        facts.run.required_capability = Some(Capability::SettingsManage);
    });
    assert_eq!(refusal(&facts), Some((ReasonCode::MissingCapability, None)));
    // Nor is a lesser one that was attached.
    let facts = with(sync_by_person(), |facts| {
        facts.run.required_capability = Some(Capability::OperationsView);
        person(facts, |actor| actor.tenant = grant(Role::Readonly, 1));
    });
    assert_eq!(refusal(&facts), Some((ReasonCode::MissingCapability, None)));
}

#[test]
fn l17_operability_follows_the_lifecycle() {
    for (operation, authority) in columns() {
        if !operation.is_of_tenant() || !is_allowed(&in_order(operation, authority)) {
            continue;
        }
        for lifecycle in TenantLifecycle::ALL {
            let operable = match lifecycle {
                TenantLifecycle::Draft | TenantLifecycle::Archived => false,
                TenantLifecycle::Onboarding => operation == OperationType::ConnectionCheck,
                TenantLifecycle::Active => true,
            };
            let facts = with(in_order(operation, authority), |facts| {
                its_tenant(facts, |tenant| tenant.lifecycle = *lifecycle);
            });
            let expected = (!operable).then_some((ReasonCode::TenantNotOperable, None));
            assert_eq!(refusal(&facts), expected, "{operation} {lifecycle}");
            assert_eq!(
                decision(&facts).evidence.tenant_lifecycle,
                Some(*lifecycle),
                "what was true at execution"
            );
        }
    }
}

#[test]
fn l18_another_tenants_row_is_no_row() {
    for facts in [sync_by_person(), sync_by_system()] {
        let none = decision(&with(facts.clone(), |facts| facts.tenant = None));
        assert_eq!(none.reason_code, Some(ReasonCode::TenantMissing));
        let mut stranger = tenant();
        stranger.tenant_id = id(OTHER);
        let same_workspace = with(facts.clone(), |facts| facts.tenant = Some(stranger.clone()));
        assert_eq!(decision(&same_workspace), none);
        stranger.workspace_id = id(OTHER);
        let other_workspace = with(facts, |facts| facts.tenant = Some(stranger));
        assert_eq!(decision(&other_workspace), none);
    }
}

#[test]
fn l18_an_unknown_operation_is_an_invalid_context() {
    for code in ["", "inventory_sync", "Inventory.Sync", "restore.execute"] {
        let unknown = with(sync_by_person(), |facts| {
            facts.run.operation_code = code.to_owned();
        });
        assert_eq!(refusal(&unknown), CONTEXT_INVALID, "{code:?}");
        assert_eq!(decision(&unknown).operation_type, code);
        assert_eq!(
            check(&decision(&unknown), "tenant_operability"),
            CheckResult::Passed
        );
        let system = with(sync_by_system(), |facts| {
            facts.run.operation_code = code.to_owned();
        });
        assert_eq!(
            refusal(&system),
            Some((ReasonCode::SystemAuthorityNotAllowed, None))
        );
    }
}

#[test]
fn l17_an_unknown_operation_is_no_connection_check() {
    let unknown = with(sync_by_person(), |facts| {
        facts.run.operation_code = "restore.execute".to_owned();
        its_tenant(facts, |tenant| {
            tenant.lifecycle = TenantLifecycle::Onboarding
        });
    });
    assert_eq!(
        refusal(&unknown),
        Some((ReasonCode::TenantNotOperable, None))
    );
}

#[test]
fn l18_a_context_that_cannot_be_read_is_invalid() {
    for (operation, authority) in columns() {
        let facts = in_order(operation, authority);
        if !is_allowed(&facts) {
            continue;
        }
        let unreadable = with(facts.clone(), |facts| {
            facts.run.context = ContextState::Unreadable;
        });
        assert_eq!(refusal(&unreadable), CONTEXT_INVALID);
        let unknown = with(facts, |facts| facts.run.required_capability = None);
        assert_eq!(refusal(&unknown), CONTEXT_INVALID);
    }
}

#[test]
fn l02_a_connection_of_another_id_is_no_connection() {
    let asked: ConnectionId = sync_by_person().run.connection_id.expect("a connection");
    let gone = decision(&with(sync_by_person(), |facts| facts.connection = None));
    assert_eq!(
        (gone.reason_code, gone.reason_detail),
        (
            Some(ReasonCode::ProviderConnectionInvalid),
            Some(ReasonDetail::ConnectionMissing)
        )
    );
    let other = decision(&with(sync_by_person(), |facts| {
        its_connection(facts, |connection| connection.connection_id = id(OTHER));
    }));
    assert_eq!(other, gone);
    // The decision is about the connection that was asked for, not the one that happened to be read.
    assert_eq!(other.target_scope.provider_connection_id, Some(asked));
    assert_eq!(other.evidence.connection_version, None);
}
