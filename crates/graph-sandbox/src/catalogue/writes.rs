//! How each kind of object is changed: leave, verbs, status codes, assignments.

use axum::http::Method;

use crate::config::StatusCodes;
use crate::permissions;

/// The status of a change that was made: as tools saw it, and as the documentation has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Codes {
    observed: u16,
    documented: u16,
}

impl Codes {
    const fn both(code: u16) -> Self {
        Self::of(code, code)
    }

    const fn of(observed: u16, documented: u16) -> Self {
        Self {
            observed,
            documented,
        }
    }

    pub(crate) fn pick(self, which: StatusCodes) -> u16 {
        match which {
            StatusCodes::Observed => self.observed,
            StatusCodes::Documented => self.documented,
        }
    }
}

/// The verb of an update; the other one answers 405.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateVerb {
    /// Names what changes.
    Patch,
    /// Is the whole object.
    Put,
    /// Tools send the whole, the documentation names what changes: both are taken.
    PutOrPatch,
}

impl UpdateVerb {
    pub(crate) fn takes(self, method: &Method) -> bool {
        match self {
            Self::Patch => *method == Method::PATCH,
            Self::Put => *method == Method::PUT,
            Self::PutOrPatch => [Method::PUT, Method::PATCH].contains(method),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Update {
    pub(crate) verb: UpdateVerb,
    pub(crate) codes: Codes,
}

/// How assignments are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Assign {
    None,
    /// `POST {id}/assign` replaces all of them.
    All {
        key: &'static str,
        codes: Codes,
        /// What an assignment may carry beside its target.
        beside: &'static [&'static str],
    },
    /// `POST {id}/assignments` adds one, `DELETE {id}/assignments/{id}` takes one away.
    OneByOne,
}

/// Which checks a body has to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rules {
    Group,
    DeviceConfiguration,
    Compliance,
    SettingsCatalog,
    Enrollment,
    Script,
    HealthScript,
    AccessPolicy,
    NamedLocation,
    Filter,
    ScopeTag,
    IntuneRole,
    Notification,
    ReusableSetting,
    AppProtection,
    Autopilot,
}

/// How a collection is changed.
#[derive(Debug)]
pub(crate) struct Writes {
    /// One of each of these is needed.
    pub(crate) roles: &'static [&'static [&'static str]],
    pub(crate) create: Codes,
    pub(crate) update: Update,
    pub(crate) delete: Codes,
    pub(crate) assign: Assign,
    pub(crate) rules: Rules,
}

const PATCH_204: Update = Update {
    verb: UpdateVerb::Patch,
    codes: Codes::of(204, 200),
};
const PATCH_200: Update = Update {
    verb: UpdateVerb::Patch,
    codes: Codes::both(200),
};
const PUT_204: Update = Update {
    verb: UpdateVerb::Put,
    codes: Codes::both(204),
};
const CATALOG_204: Update = Update {
    verb: UpdateVerb::PutOrPatch,
    codes: Codes::both(204),
};
/// Tools insist on 200 for most things of Intune, the documentation on 204.
const DELETED: Codes = Codes::of(200, 204);
const NO_CONTENT: Codes = Codes::both(204);
const CREATED: Codes = Codes::both(201);

const ASSIGN: Assign = Assign::All {
    key: "assignments",
    codes: Codes::both(200),
    beside: &[],
};
const ASSIGN_SCRIPT: Assign = Assign::All {
    key: "deviceManagementScriptAssignments",
    codes: Codes::of(200, 204),
    beside: &[],
};

const CONFIGURATION: &[&[&str]] = &[permissions::CONFIGURATION_WRITE];
const SCRIPTS: &[&[&str]] = &[permissions::SCRIPTS_WRITE];
const SERVICE_CONFIG: &[&[&str]] = &[permissions::SERVICE_CONFIG_WRITE];
const RBAC: &[&[&str]] = &[permissions::RBAC_WRITE];

const POLICY: Writes = Writes {
    roles: CONFIGURATION,
    create: CREATED,
    update: PATCH_204,
    delete: DELETED,
    assign: ASSIGN,
    rules: Rules::DeviceConfiguration,
};

pub(super) static GROUP: Writes = Writes {
    roles: &[permissions::GROUPS_WRITE],
    update: Update {
        verb: UpdateVerb::Patch,
        codes: NO_CONTENT,
    },
    delete: NO_CONTENT,
    assign: Assign::None,
    rules: Rules::Group,
    ..POLICY
};
pub(super) static ACCESS_POLICY: Writes = Writes {
    roles: &[
        permissions::POLICIES,
        permissions::ACCESS_WRITE,
        permissions::APPLICATIONS,
    ],
    update: Update {
        verb: UpdateVerb::Patch,
        codes: NO_CONTENT,
    },
    delete: NO_CONTENT,
    assign: Assign::None,
    rules: Rules::AccessPolicy,
    ..POLICY
};
pub(super) static NAMED_LOCATION: Writes = Writes {
    roles: &[permissions::POLICIES, permissions::ACCESS_WRITE],
    rules: Rules::NamedLocation,
    update: Update {
        verb: UpdateVerb::Patch,
        codes: NO_CONTENT,
    },
    delete: NO_CONTENT,
    assign: Assign::None,
    ..POLICY
};
pub(super) static DEVICE_CONFIGURATION: Writes = Writes { ..POLICY };
pub(super) static COMPLIANCE: Writes = Writes {
    rules: Rules::Compliance,
    ..POLICY
};
pub(super) static SETTINGS_CATALOG: Writes = Writes {
    update: CATALOG_204,
    rules: Rules::SettingsCatalog,
    ..POLICY
};
pub(super) static ENROLLMENT: Writes = Writes {
    roles: SERVICE_CONFIG,
    update: PATCH_200,
    assign: Assign::All {
        key: "enrollmentConfigurationAssignments",
        codes: Codes::of(200, 204),
        beside: &[],
    },
    rules: Rules::Enrollment,
    ..POLICY
};
pub(super) static SCRIPT: Writes = Writes {
    roles: SCRIPTS,
    update: PATCH_200,
    assign: ASSIGN_SCRIPT,
    rules: Rules::Script,
    ..POLICY
};
pub(super) static SHELL_SCRIPT: Writes = Writes {
    roles: SCRIPTS,
    update: PATCH_200,
    assign: ASSIGN_SCRIPT,
    rules: Rules::Script,
    ..POLICY
};
pub(super) static HEALTH_SCRIPT: Writes = Writes {
    roles: SCRIPTS,
    update: PATCH_200,
    assign: Assign::All {
        key: "deviceHealthScriptAssignments",
        codes: Codes::both(200),
        beside: &["runSchedule", "runRemediationScript"],
    },
    rules: Rules::HealthScript,
    ..POLICY
};
pub(super) static FILTER: Writes = Writes {
    update: PATCH_200,
    assign: Assign::None,
    rules: Rules::Filter,
    ..POLICY
};
pub(super) static SCOPE_TAG: Writes = Writes {
    roles: RBAC,
    create: Codes::of(200, 201),
    update: PATCH_200,
    rules: Rules::ScopeTag,
    ..POLICY
};
pub(super) static INTUNE_ROLE: Writes = Writes {
    roles: RBAC,
    create: Codes::of(200, 201),
    update: PATCH_200,
    assign: Assign::None,
    rules: Rules::IntuneRole,
    ..POLICY
};
pub(super) static NOTIFICATION: Writes = Writes {
    roles: SERVICE_CONFIG,
    create: Codes::of(200, 201),
    update: PATCH_200,
    assign: Assign::None,
    rules: Rules::Notification,
    ..POLICY
};
pub(super) static REUSABLE_SETTING: Writes = Writes {
    update: PUT_204,
    assign: Assign::None,
    rules: Rules::ReusableSetting,
    ..POLICY
};
pub(super) static AUTOPILOT: Writes = Writes {
    roles: SERVICE_CONFIG,
    update: PATCH_200,
    assign: Assign::OneByOne,
    rules: Rules::Autopilot,
    ..POLICY
};
pub(super) static APP_PROTECTION: Writes = Writes {
    roles: &[permissions::APPS_WRITE],
    update: PATCH_204,
    delete: NO_CONTENT,
    assign: Assign::All {
        key: "assignments",
        codes: NO_CONTENT,
        beside: &[],
    },
    rules: Rules::AppProtection,
    ..POLICY
};
