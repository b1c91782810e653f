//! Where each object type lives in Graph, how it is read, and how it is changed.
//!
//! One row a type. Each entry of a row says who vouches for it, and a row with an entry that
//! nobody vouches for is for looking at only: what is not known is not guessed.

mod access;
mod compared;
mod devices;
mod directory;
mod fact;
#[cfg(test)]
mod golden;
mod intune;
mod permissions;
mod strip;
mod terms;

pub use fact::Fact;
pub use permissions::Permissions;
pub use terms::{
    ApiVersion, Assigning, PageSize, Paging, Part, Reshape, Restore, Service, UpdateVerb, Updating,
    Variant, Writing,
};

/// How one object type is read and changed.
#[derive(Debug, PartialEq, Eq)]
pub struct Contract {
    /// The stable key of the object type.
    pub key: &'static str,
    /// What people call objects of this type.
    pub label: &'static str,
    /// Whose limits its calls count against.
    pub service: Service,
    /// The API version it is read from and changed at.
    pub version: Fact<ApiVersion>,
    /// The path below the version, without a leading slash; `{client_id}` is the connection's application.
    pub path: Fact<&'static str>,
    /// The fields to ask for; empty means all that Graph sends by itself.
    pub select: Fact<&'static [&'static str]>,
    /// The related objects to ask for with each.
    pub expand: Fact<Option<&'static str>>,
    /// How many objects a page is asked to hold.
    pub page_size: Fact<PageSize>,
    /// Whether more than one page may come.
    pub paging: Fact<Paging>,
    /// Whether `{path}/delta` tells what changed since the last time.
    pub delta: Fact<bool>,
    /// Collections of each object's own, read one object at a time.
    pub parts: &'static [Part],
    /// The field that holds the name that people gave the object.
    pub name_field: &'static str,
    /// Application permissions to read it.
    pub read: Fact<Permissions>,
    /// How one object is changed; none for a type that is only read.
    pub writing: Option<&'static Writing>,
    /// Fields that are read but never sent, on top of those that no type takes back.
    pub strip: &'static [&'static str],
    /// What is sent in another form than it is read.
    pub reshape: Option<Reshape>,
    /// The types that share the collection, told apart by `@odata.type`.
    pub variants: &'static [Variant],
    /// Where it stands in a restore: a lower number is restored first.
    pub order: Fact<Option<u16>>,
    /// Why objects of this type are shown in a restore and not written, where something is known to stand in the way.
    pub held_back: Option<&'static str>,
}

/// Finds the contract of an object type; an unknown type has none, and so no URL.
pub fn contract(key: &str) -> Option<&'static Contract> {
    contracts().find(|contract| contract.key == key)
}

/// All contracts, in the order in which they are best read.
pub fn contracts() -> impl Iterator<Item = &'static Contract> {
    [
        directory::TABLE,
        devices::TABLE,
        intune::TABLE,
        access::TABLE,
    ]
    .into_iter()
    .flatten()
}

impl Contract {
    /// Path and query of the first page, below the Graph address; none where that is not sourced.
    pub fn first_page(&self, client_id: &str) -> Option<String> {
        let mut query = Vec::new();
        let select = self.select.known()?;
        if !select.is_empty() {
            query.push(format!("$select={}", select.join(",")));
        }
        if let Some(expand) = self.expand.known()? {
            query.push(format!("$expand={expand}"));
        }
        if let PageSize::Top(top) = self.page_size.known()? {
            query.push(format!("$top={top}"));
        }
        self.paging.known()?;
        let mark = if query.is_empty() { "" } else { "?" };
        let below = self.below_version(client_id)?;
        Some(format!("/{below}{mark}{}", query.join("&")))
    }

    /// Path of the first page of what changed, below the Graph address; none where there is no such thing.
    pub fn first_delta(&self, client_id: &str) -> Option<String> {
        if !self.delta.known()? {
            return None;
        }
        let select = self.select.known()?;
        let query = if select.is_empty() {
            String::new()
        } else {
            format!("?$select={}", select.join(","))
        };
        let below = self.below_version(client_id)?;
        // The parentheses are what the published clients send; both forms are documented.
        Some(format!("/{below}/delta(){query}"))
    }

    /// Version and path of the collection.
    fn below_version(&self, client_id: &str) -> Option<String> {
        let path = self.path.known()?.replace("{client_id}", client_id);
        Some(format!("{}/{path}", self.version.known()?.segment()))
    }

    /// The steps of the path under which an object of this type is changed, below the version.
    ///
    /// None where the type of the object decides it and is not among those that are known.
    pub(crate) fn object_path(&self, odata_type: Option<&str>) -> Option<&'static str> {
        if self.is_addressed_by_type() {
            return self.variant(odata_type?)?.path;
        }
        self.path.known()
    }

    /// Whether an object is changed, and its own collections read, under a path that its `@odata.type` decides.
    pub fn is_addressed_by_type(&self) -> bool {
        self.variants.iter().any(|variant| variant.path.is_some())
    }

    /// What is special about objects of this `@odata.type`.
    pub fn variant(&self, odata_type: &str) -> Option<&'static Variant> {
        let bare = odata_type.trim_start_matches("#microsoft.graph.");
        self.variants.iter().find(|known| known.odata_type == bare)
    }

    /// A collection of each object's own.
    pub fn part(&self, name: &str) -> Option<&'static Part> {
        self.parts.iter().find(|part| part.name == name)
    }

    /// Whether each assignment of an object is a change of its own, which leaves the others as they are.
    pub fn assigns_one_by_one(&self) -> bool {
        let assign = self.writing.and_then(|writing| writing.assign.known());
        matches!(assign.flatten(), Some(Assigning::OneByOne { .. }))
    }

    /// Whether these granted permissions are enough to read this type.
    pub fn readable_with(&self, granted: &[String]) -> bool {
        self.read
            .known()
            .is_some_and(|needed| needed.met_by(granted))
    }

    /// Whether and how objects of this type may be restored.
    pub fn restore(&self) -> Restore {
        let Some(writing) = self.writing else {
            return Restore::Never;
        };
        if let Some(field) = self.unverified().next() {
            return Restore::PreviewOnly(field);
        }
        match (self.held_back, writing.update.known()) {
            (Some(why), _) => Restore::PreviewOnly(why),
            (None, None) => Restore::PreviewOnly("nobody vouches for how it is changed"),
            (None, Some(_)) => Restore::Enabled,
        }
    }

    /// What nobody vouches for, in words.
    pub fn unverified(&self) -> impl Iterator<Item = &'static str> {
        let writing = self.writing;
        let open = |is_open: bool, what| is_open.then_some(what);
        [
            open(self.version.is_open(), "its API version is unverified"),
            open(self.path.is_open(), "its path is unverified"),
            open(self.select.is_open(), "its fields are unverified"),
            open(self.expand.is_open(), "what it expands is unverified"),
            open(self.page_size.is_open(), "its page size is unverified"),
            open(self.paging.is_open(), "its paging is unverified"),
            open(self.delta.is_open(), "its delta is unverified"),
            open(
                self.read.is_open(),
                "its reading permissions are unverified",
            ),
            open(self.order.is_open(), "its place in a restore is unverified"),
            writing.and_then(Writing::unverified),
        ]
        .into_iter()
        .flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// Types, the least permission to read each, and what is documented to be as good.
    const HIGHER: [(&str, &str, &[&str]); 9] = [
        (
            "groups",
            "GroupMember.Read.All",
            &[
                "Group.Read.All",
                "Group.ReadWrite.All",
                "Directory.Read.All",
                "Directory.ReadWrite.All",
            ],
        ),
        (
            "organization",
            "Organization.Read.All",
            &["Directory.Read.All", "Directory.ReadWrite.All"],
        ),
        (
            "directory_roles",
            "RoleManagement.Read.Directory",
            &["RoleManagement.ReadWrite.Directory", "Directory.Read.All"],
        ),
        (
            "app_role_assignments",
            "Application.Read.All",
            &["Application.ReadWrite.All", "Directory.Read.All"],
        ),
        (
            "managed_devices",
            "DeviceManagementManagedDevices.Read.All",
            &["DeviceManagementManagedDevices.ReadWrite.All"],
        ),
        (
            "settings_catalog",
            "DeviceManagementConfiguration.Read.All",
            &["DeviceManagementConfiguration.ReadWrite.All"],
        ),
        (
            "health_scripts",
            "DeviceManagementScripts.Read.All",
            &["DeviceManagementScripts.ReadWrite.All"],
        ),
        (
            "scope_tags",
            "DeviceManagementRBAC.Read.All",
            &["DeviceManagementRBAC.ReadWrite.All"],
        ),
        (
            "conditional_access",
            "Policy.Read.All",
            &["Policy.Read.All"],
        ),
    ];

    const CLIENT: &str = "00000000-0000-0000-0000-0000000000aa";

    fn first(key: &str) -> String {
        contract(key).unwrap().first_page(CLIENT).unwrap()
    }

    #[test]
    fn p01_unknown_types_have_no_url() {
        for unknown in ["", "Groups", "group", "users", "../groups"] {
            assert_eq!(contract(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn p01_first_pages_are_as_documented() {
        assert_eq!(
            first("compliance_policies"),
            "/beta/deviceManagement/deviceCompliancePolicies\
             ?$expand=scheduledActionsForRule($expand=scheduledActionConfigurations)"
        );
        assert_eq!(
            first("settings_catalog"),
            "/beta/deviceManagement/configurationPolicies"
        );
        assert!(first("groups").starts_with("/v1.0/groups?$select=id,"));
        assert!(first("groups").ends_with("&$top=999"));
        assert!(!first("organization").contains("$top"));
        assert_eq!(
            first("app_role_assignments"),
            format!("/v1.0/servicePrincipals(appId='{CLIENT}')/appRoleAssignments")
        );
        let groups = contract("groups").unwrap();
        assert!(
            groups
                .first_delta(CLIENT)
                .unwrap()
                .starts_with("/v1.0/groups/delta()?$select=")
        );
        assert_eq!(contract("organization").unwrap().first_delta(CLIENT), None);
    }

    #[test]
    fn p01_conditional_access_is_never_asked_for_a_page_size() {
        // With `$top` no next link comes back, and the rest is silently missing.
        assert!(!first("conditional_access").contains("$top"));
        let (all, service) = (contracts(), Service::ConditionalAccess);
        for contract in all.filter(|contract| contract.service == service) {
            let size = contract.page_size.known();
            assert_eq!(size, Some(PageSize::ProviderDefault), "{}", contract.key);
        }
    }

    #[test]
    fn p01_keys_are_unique_and_each_type_names_its_permissions() {
        let keys: HashSet<_> = contracts().map(|contract| contract.key).collect();
        assert_eq!(keys.len(), contracts().count());
        for contract in contracts() {
            let key = contract.key;
            assert!(
                contract.read.known().is_some_and(|read| !read.is_empty()),
                "{key}"
            );
            if let Some(writing) = contract.writing {
                assert!(
                    writing
                        .permissions
                        .known()
                        .is_none_or(|write| !write.is_empty()),
                    "{key}"
                );
            }
            assert!(
                contract
                    .path
                    .known()
                    .is_none_or(|path| !path.starts_with('/')),
                "{key}"
            );
            for variant in contract.variants {
                assert_eq!(contract.variant(variant.odata_type), Some(variant), "{key}");
            }
        }
    }

    #[test]
    fn p01_every_type_that_is_promised_has_a_contract() {
        for key in [
            "organization",
            "groups",
            "directory_roles",
            "managed_devices",
            "device_configurations",
            "compliance_policies",
            "settings_catalog",
            "enrollment_configurations",
            "powershell_scripts",
            "shell_scripts",
            "health_scripts",
            "conditional_access",
            "named_locations",
            "assignment_filters",
            "scope_tags",
            "notification_templates",
            "intune_roles",
            "reusable_settings",
            "app_protection",
            "autopilot_profiles",
            "app_role_assignments",
        ] {
            assert!(contract(key).is_some(), "{key}");
        }
    }

    #[test]
    fn p01_what_nobody_vouches_for_is_for_looking_at_only() {
        let known = contract("assignment_filters").unwrap();
        assert_eq!(known.restore(), Restore::Enabled);
        let open = Contract {
            path: Fact::Unverified,
            ..*known
        };
        assert_eq!(
            open.restore(),
            Restore::PreviewOnly("its path is unverified")
        );
        assert_eq!(open.first_page(CLIENT), None, "and no URL is guessed");
        assert_eq!(open.object_path(None), None);
        for contract in contracts() {
            let is_open = contract.unverified().next().is_some();
            assert!(
                !is_open || contract.restore() != Restore::Enabled,
                "{}",
                contract.key
            );
        }
    }

    #[test]
    fn b08_types_that_share_a_collection_are_told_apart() {
        let enrollment = contract("enrollment_configurations").unwrap();
        let label = |full: &str| enrollment.variant(full).map(|variant| variant.label);
        assert_eq!(
            label("#microsoft.graph.windows10EnrollmentCompletionPageConfiguration"),
            Some("Enrollment status page")
        );
        assert_eq!(
            label("#microsoft.graph.deviceEnrollmentLimitConfiguration"),
            Some("Device limit")
        );
        assert_eq!(label("#microsoft.graph.somethingNew"), None);
        let apps = contract("app_protection").unwrap();
        let path = apps.object_path(Some("#microsoft.graph.iosManagedAppProtection"));
        assert_eq!(path, Some("deviceAppManagement/iosManagedAppProtections"));
        assert_eq!(
            apps.object_path(Some("#microsoft.graph.newApp")),
            None,
            "not guessed"
        );
        assert_eq!(apps.object_path(None), None);
    }

    #[test]
    fn p03_any_one_permission_of_each_need_is_enough() {
        let granted = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        for (key, least, higher) in HIGHER {
            let read = contract(key).unwrap().read.known().unwrap();
            for name in higher {
                assert!(read.met_by(&granted(&[name])), "{key} with {name}");
            }
            assert_eq!(read.missing(&granted(&["User.Read.All"])), [least], "{key}");
        }
        // Whoever may write a type of Intune may read it.
        for contract in contracts().filter(|contract| contract.service == Service::Intune) {
            let Some(write) = contract.writing.and_then(|how| how.permissions.known()) else {
                continue;
            };
            let held = granted(&write.least().collect::<Vec<_>>());
            assert!(contract.readable_with(&held), "{}", contract.key);
        }
        let access = contract("conditional_access").unwrap();
        let write = access.writing.unwrap().permissions.known().unwrap();
        let some = granted(&["Policy.Read.All", "Policy.ReadWrite.ConditionalAccess"]);
        assert_eq!(write.missing(&some), ["Application.Read.All"]);
        let more = granted(&["Application.ReadWrite.All"]);
        assert!(write.met_by(&[some, more].concat()));
    }
}
