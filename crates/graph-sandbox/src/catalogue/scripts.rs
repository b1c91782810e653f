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
        detail: &["scriptContent"],
        writes: Some(&writes::SCRIPT),
        ..SCRIPT
    },
    Collection {
        path: "deviceManagement/deviceShellScripts",
        detail: &["scriptContent"],
        writes: Some(&writes::SHELL_SCRIPT),
        ..SCRIPT
    },
    Collection {
        path: "deviceManagement/deviceHealthScripts",
        detail: &["detectionScriptContent", "remediationScriptContent"],
        writes: Some(&writes::HEALTH_SCRIPT),
        ..SCRIPT
    },
];
