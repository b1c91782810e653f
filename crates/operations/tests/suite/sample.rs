//! The sample data stands behind the same wall as real data.

use std::{collections::BTreeSet, sync::Arc};

use domain::{connection::VerificationStatus, run::RunOutcome, views::OperationsQuery};
use operations::SampleDirectory;

use crate::{
    play::on_both,
    world::{World, changed, request},
};

on_both! { the_sample_is_whole_and_its_audit_chain_verifies }

async fn the_sample_is_whole_and_its_audit_chain_verifies(world: Arc<World>) {
    let services = &world.services;
    let directories: Vec<_> = (0..6)
        .map(|n| {
            let seed = &world.sandbox.tenants()[n % 3];
            // The draft and the archived tenant sign in nowhere, and a directory is one tenant of a workspace.
            let directory = match n {
                3 | 4 => uuid::Uuid::now_v7().to_string(),
                _ => seed.tenant_id.clone(),
            };
            SampleDirectory {
                name: format!("Sample {n}"),
                entra_tenant_id: directory,
                client_id: seed.client_id.clone(),
                client_secret: seed.client_secret.clone(),
            }
        })
        .collect();
    let accounts = services.make_sample(&directories, 1).await.unwrap();
    let verdicts = services.store().audit_verify().await.unwrap();
    assert!(verdicts.iter().all(|verdict| verdict.broken_at.is_none()));

    let mut outcomes = BTreeSet::new();
    for account in &accounts {
        let signed_in = services.sign_in(&account.email, &account.password, "192.0.2.1", request());
        let scope = world.resolve(&signed_in.await.unwrap()).await;
        let list = services
            .operations_page(&scope, &OperationsQuery::default(), None)
            .await;
        let list = changed(list);
        assert!(!list.rows.is_empty(), "{}", account.email);
        for row in &list.rows {
            outcomes.insert(row.state.word());
            // Every page of the sample opens.
            let view = world.seen_by(&scope, row.id).await;
            assert_eq!(
                view.state.outcome == RunOutcome::Blocked,
                view.explanation.is_some()
            );
        }
    }
    let owner = accounts.iter().find(|it| it.role == "owner").unwrap();
    let signed_in = services.sign_in(&owner.email, &owner.password, "192.0.2.1", request());
    let owner = world.resolve(&signed_in.await.unwrap()).await;
    let tenants = services.store().current_workspace(&owner).await.unwrap();
    let tenants = services.store().tenants(&owner, &tenants).await.unwrap();
    let mut checked = 0;
    for tenant in &tenants {
        let Some(connection) = services.store().connection(tenant).await.unwrap() else {
            continue;
        };
        let is_well = connection.verification == VerificationStatus::Healthy;
        assert_eq!(
            is_well,
            connection.last_checked_at.is_some(),
            "{}",
            tenant.name()
        );
        checked += usize::from(is_well);
    }
    assert!(checked >= 2, "{checked}");
    for word in ["succeeded", "failed", "blocked", "queued"] {
        assert!(outcomes.contains(word), "{word} of {outcomes:?}");
    }
    // What waits can be worked on for real: the sandbox knows the sample's directories.
    assert_eq!(world.pool().drain().await.unwrap(), 3);
}
