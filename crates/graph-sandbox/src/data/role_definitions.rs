//! Built-in directory roles, which are the same in every tenant.

use serde_json::{Value, json};

/// Template id, name, description and one thing the role may do.
const BUILT_IN: &[(&str, &str, &str, &str)] = &[
    (
        "62e90394-69f5-4237-9190-012177145e10",
        "Global Administrator",
        "Manages all aspects of the directory and of services that use its identities.",
        "microsoft.directory/allEntities/allTasks",
    ),
    (
        "f2ef992c-3afb-46b9-b7cf-a126ee74c451",
        "Global Reader",
        "Reads everything a Global Administrator can, and changes nothing.",
        "microsoft.directory/allEntities/read",
    ),
    (
        "3a2c62db-5318-420d-8d74-23affee5d9d5",
        "Intune Administrator",
        "Manages all aspects of Intune.",
        "microsoft.intune/allEntities/allTasks",
    ),
    (
        "fe930be7-5e62-47db-91af-98c3a49a38b1",
        "User Administrator",
        "Manages users and groups, and resets passwords of limited administrators.",
        "microsoft.directory/users/create",
    ),
    (
        "729827e3-9c14-49f7-bb1b-9608f156bbb8",
        "Helpdesk Administrator",
        "Resets passwords of people and of other helpdesk administrators.",
        "microsoft.directory/users/password/update",
    ),
    (
        "194ae4cb-b126-40b2-bd5b-6091b380977d",
        "Security Administrator",
        "Reads security information and reports, and manages their configuration.",
        "microsoft.directory/policies/create",
    ),
    (
        "5d6b6bb7-de71-4623-b4af-96380a352509",
        "Security Reader",
        "Reads security information and reports.",
        "microsoft.directory/policies/standard/read",
    ),
    (
        "b1be1c3e-b65d-4f19-8427-f6fa0d97feb9",
        "Conditional Access Administrator",
        "Manages Conditional Access.",
        "microsoft.directory/conditionalAccessPolicies/create",
    ),
    (
        "9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3",
        "Application Administrator",
        "Manages all aspects of app registrations and enterprise apps.",
        "microsoft.directory/applications/create",
    ),
    (
        "7698a772-787b-4ac8-901f-60d6b08affd2",
        "Cloud Device Administrator",
        "Enables, disables and deletes devices.",
        "microsoft.directory/devices/delete",
    ),
    (
        "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
        "Directory Readers",
        "Reads basic directory information.",
        "microsoft.directory/users/standard/read",
    ),
    (
        "29232cdf-9323-42fd-ade2-1d097af3e4de",
        "Exchange Administrator",
        "Manages all aspects of Exchange.",
        "microsoft.office365.exchange/allEntities/basic/allTasks",
    ),
    (
        "e8611ab8-c189-46e8-94e1-60213ab1f814",
        "Privileged Role Administrator",
        "Manages role assignments in the directory.",
        "microsoft.directory/roleAssignments/allProperties/allTasks",
    ),
    (
        "b0f54661-2d74-4c50-afa3-1ec803f12efe",
        "Billing Administrator",
        "Makes purchases and manages subscriptions.",
        "microsoft.commerce.billing/allEntities/allTasks",
    ),
];

pub(super) fn generate() -> Vec<Value> {
    BUILT_IN
        .iter()
        .map(|(id, name, description, action)| {
            json!({
                "id": id,
                "templateId": id,
                "displayName": name,
                "description": description,
                "isBuiltIn": true,
                "isEnabled": true,
                "isPrivileged": name.contains("Global") || name.contains("Privileged"),
                "resourceScopes": ["/"],
                "version": "1",
                "rolePermissions": [{"allowedResourceActions": [action], "condition": null}],
            })
        })
        .collect()
}
