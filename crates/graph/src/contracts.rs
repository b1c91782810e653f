//! Where each object type lives in Graph and how it is read.

/// How one object type is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Contract {
    /// The stable key of the object type.
    pub key: &'static str,
    /// The API version it is read from.
    pub version: ApiVersion,
    /// The path below the version, without a leading slash.
    pub path: &'static str,
    /// The fields to ask for; empty means all that Graph sends by itself.
    pub select: &'static [&'static str],
    /// The related objects to ask for with each.
    pub expand: Option<&'static str>,
    /// How many objects a page is asked to hold.
    pub page_size: PageSize,
    /// Whether more than one page may come.
    pub paging: Paging,
    /// The field that holds the name that people gave the object.
    pub name_field: &'static str,
    /// Application permissions to read it; any one of them is enough.
    pub read_permissions: &'static [&'static str],
    /// How one object is changed; none for a type that is only read.
    pub update: Option<UpdateVerb>,
    /// Application permissions to change it; any one of them is enough.
    pub write_permissions: &'static [&'static str],
}

/// How one object of a type is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UpdateVerb {
    /// `PATCH` with the fields that change and the object's `@odata.type`.
    Patch,
}

/// The version prefix of a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ApiVersion {
    /// `v1.0`
    V1,
    /// `beta`
    Beta,
}

/// How many objects a page is asked to hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PageSize {
    /// No `$top` is sent: some collections then stop sending a next link.
    ProviderDefault,
    /// `$top` with this number, which the provider may still lower.
    Top(u16),
}

/// Whether more than one page may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// One page holds all; a next link would be a surprise, and is an error.
    Single,
    /// The next link is followed until none comes.
    NextLink,
}

const READ_CONFIGURATION: &[&str] = &[
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementConfiguration.ReadWrite.All",
];

const WRITE_CONFIGURATION: &[&str] = &["DeviceManagementConfiguration.ReadWrite.All"];

static CONTRACTS: &[Contract] = &[
    Contract {
        key: "organization",
        version: ApiVersion::V1,
        path: "organization",
        select: &["id", "displayName", "tenantType", "verifiedDomains"],
        expand: None,
        page_size: PageSize::ProviderDefault,
        paging: Paging::Single,
        name_field: "displayName",
        read_permissions: &["Organization.Read.All", "Directory.Read.All"],
        update: None,
        write_permissions: &[],
    },
    Contract {
        key: "groups",
        version: ApiVersion::V1,
        path: "groups",
        // A choice of fields costs less of the directory's throttling budget.
        select: &[
            "id",
            "displayName",
            "description",
            "groupTypes",
            "securityEnabled",
            "mailEnabled",
            "membershipRule",
            "createdDateTime",
        ],
        expand: None,
        page_size: PageSize::Top(999),
        paging: Paging::NextLink,
        name_field: "displayName",
        read_permissions: &[
            "GroupMember.Read.All",
            "Group.Read.All",
            "Group.ReadWrite.All",
            "Directory.Read.All",
        ],
        update: None,
        write_permissions: &[],
    },
    Contract {
        key: "device_configurations",
        version: ApiVersion::Beta,
        path: "deviceManagement/deviceConfigurations",
        // Polymorphic: a choice of fields would drop those of the derived types.
        select: &[],
        expand: None,
        page_size: PageSize::ProviderDefault,
        paging: Paging::NextLink,
        name_field: "displayName",
        read_permissions: READ_CONFIGURATION,
        // `PATCH deviceManagement/deviceConfigurations/{id}` with `@odata.type`; answers 200 or 204.
        update: Some(UpdateVerb::Patch),
        write_permissions: WRITE_CONFIGURATION,
    },
    Contract {
        key: "compliance_policies",
        version: ApiVersion::Beta,
        path: "deviceManagement/deviceCompliancePolicies",
        select: &[],
        // The scheduled actions come only when they are asked for.
        expand: Some("scheduledActionsForRule($expand=scheduledActionConfigurations)"),
        page_size: PageSize::ProviderDefault,
        paging: Paging::NextLink,
        name_field: "displayName",
        read_permissions: READ_CONFIGURATION,
        update: None,
        write_permissions: &[],
    },
    Contract {
        key: "settings_catalog",
        version: ApiVersion::Beta,
        path: "deviceManagement/configurationPolicies",
        select: &[],
        expand: None,
        page_size: PageSize::ProviderDefault,
        paging: Paging::NextLink,
        name_field: "name",
        read_permissions: READ_CONFIGURATION,
        update: None,
        write_permissions: &[],
    },
];

/// Finds the contract of an object type; an unknown type has none, and so no URL.
pub fn contract(key: &str) -> Option<&'static Contract> {
    CONTRACTS.iter().find(|contract| contract.key == key)
}

/// All contracts, in the order in which they are best read.
pub fn contracts() -> &'static [Contract] {
    CONTRACTS
}

impl ApiVersion {
    /// The path segment.
    pub fn segment(self) -> &'static str {
        match self {
            Self::V1 => "v1.0",
            Self::Beta => "beta",
        }
    }
}

impl Contract {
    /// Path and query of the first page, below the Graph address.
    pub fn first_page(&self) -> String {
        let mut query = Vec::new();
        if !self.select.is_empty() {
            query.push(format!("$select={}", self.select.join(",")));
        }
        if let Some(expand) = self.expand {
            query.push(format!("$expand={expand}"));
        }
        if let PageSize::Top(top) = self.page_size {
            query.push(format!("$top={top}"));
        }
        let mark = if query.is_empty() { "" } else { "?" };
        format!(
            "/{}/{}{mark}{}",
            self.version.segment(),
            self.path,
            query.join("&")
        )
    }

    /// Whether one of these granted permissions is enough to read this type.
    pub fn readable_with(&self, granted: &[String]) -> bool {
        self.read_permissions
            .iter()
            .any(|needed| granted.iter().any(|role| role == needed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn p01_unknown_types_have_no_url() {
        for unknown in ["", "Groups", "group", "users", "../groups"] {
            assert_eq!(contract(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn p01_first_pages_are_as_documented() {
        let first = |key: &str| contract(key).unwrap().first_page();
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
    }

    #[test]
    fn p01_keys_are_unique_and_each_type_names_its_permissions() {
        let keys: HashSet<_> = contracts().iter().map(|contract| contract.key).collect();
        assert_eq!(keys.len(), contracts().len());
        for contract in contracts() {
            assert!(!contract.read_permissions.is_empty(), "{}", contract.key);
            assert!(!contract.path.starts_with('/'), "{}", contract.key);
            let changes = contract.update.is_some();
            assert_eq!(changes, !contract.write_permissions.is_empty());
        }
    }

    #[test]
    fn p03_any_one_permission_is_enough() {
        let groups = contract("groups").unwrap();
        assert!(groups.readable_with(&["Group.Read.All".to_owned()]));
        assert!(!groups.readable_with(&["User.Read.All".to_owned()]));
    }
}
