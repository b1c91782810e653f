//! Intune's scripts: a list says what there is, an entity has the text.

use super::{
    ASSIGNMENTS, BETA, Collection, INTUNE_PAGES, Link, Paging, intune, permissions, writes,
};

const SCRIPT: Collection = Collection {
    versions: BETA,
    read: permissions::SCRIPTS,
    paging: Paging {
        link: Link::Skip,
        ..INTUNE_PAGES
    },
    navigation: &[ASSIGNMENTS],
    ..intune::INTUNE
};

pub(super) static COLLECTIONS: &[Collection] = &[
    Collection {
        path: "deviceManagement/deviceManagementScripts",
        kind: "deviceManagementScript",
        detail: &["scriptContent"],
        writes: Some(&writes::SCRIPT),
        ..SCRIPT
    },
    Collection {
        path: "deviceManagement/deviceShellScripts",
        kind: "deviceShellScript",
        detail: &["scriptContent"],
        writes: Some(&writes::SHELL_SCRIPT),
        ..SCRIPT
    },
    Collection {
        path: "deviceManagement/deviceHealthScripts",
        kind: "deviceHealthScript",
        detail: &["detectionScriptContent", "remediationScriptContent"],
        writes: Some(&writes::HEALTH_SCRIPT),
        ..SCRIPT
    },
];
