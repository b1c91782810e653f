//! What each item of a `lab.write` changes, and to what.

use std::borrow::Cow;

use domain::ids::RunId;
use graph::{Contract, GraphError};
use serde_json::{Map, Value, json};
use store::{LabEffect, LabWrite};

use crate::families::{Halt, WorkContext, change::Aim};

/// What is to be done, known before the first item.
pub(super) struct Plan {
    pub(super) contract: &'static Contract,
    /// The run that set out first: values and requests for approval carry its name.
    pub(super) origin: RunId,
    input: LabWrite,
    /// The objects that are changed, none where new ones are made.
    targets: Vec<Target>,
}

/// An object that is changed.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) id: String,
    pub(super) name: String,
    /// What was read of it.
    read: Map<String, Value>,
}

/// What one item sends.
pub(super) enum What {
    Update(Map<String, Value>),
    Create(Map<String, Value>),
    Assign(Vec<Value>),
    Unassign(Value),
}

impl What {
    /// The same as a change of this object.
    pub(super) fn aim<'a>(&'a self, id: &'a str) -> Aim<'a> {
        match self {
            Self::Update(fields) => Aim::Update { id, fields },
            Self::Create(body) => Aim::Create { body },
            Self::Assign(assignments) => Aim::Assign { id, assignments },
            Self::Unassign(assignment) => Aim::Unassign { id, assignment },
        }
    }
}

impl Plan {
    /// Reads which objects there are to change.
    pub(super) async fn of(
        context: &mut WorkContext<'_>,
        input: LabWrite,
        contract: &'static Contract,
    ) -> Result<Result<Self, GraphError>, Halt> {
        let targets = match input.effect {
            LabEffect::Create | LabEffect::CreateCatalog => Ok(Vec::new()),
            _ => targets(context, contract).await?,
        };
        let origin = input.resumes.unwrap_or(context.running.key().run_id);
        Ok(targets.map(|targets| Self {
            contract,
            origin,
            input,
            targets,
        }))
    }

    /// Which object an item changes; none where the tenant has none.
    pub(super) fn target(&self, item: u32) -> Option<Cow<'_, Target>> {
        if matches!(
            self.input.effect,
            LabEffect::Create | LabEffect::CreateCatalog
        ) {
            let (id, name) = (String::new(), self.name(item));
            let read = Map::new();
            return Some(Cow::Owned(Target { id, name, read }));
        }
        let at = usize::try_from(item)
            .ok()?
            .checked_rem(self.targets.len())?;
        self.targets.get(at).map(Cow::Borrowed)
    }

    /// Told apart by run, seed and item, so that the provider's journal names each effect.
    pub(super) fn what(&self, item: u32) -> What {
        let text = self.name(item);
        match self.input.effect {
            LabEffect::Update => What::Update(Map::from_iter([(
                "description".to_owned(),
                Value::String(text),
            )])),
            LabEffect::Create => What::Create(Map::from_iter([
                (
                    "@odata.type".to_owned(),
                    json!("#microsoft.graph.windows10GeneralConfiguration"),
                ),
                ("displayName".to_owned(), Value::String(text)),
                ("description".to_owned(), json!("Made for a trial")),
            ])),
            LabEffect::CreateCatalog => What::Create(Map::from_iter([
                ("settings".to_owned(), settings(&text)),
                ("name".to_owned(), Value::String(text)),
                ("platforms".to_owned(), json!("windows10")),
                ("technologies".to_owned(), json!("mdm")),
            ])),
            LabEffect::Settings => {
                // Replaced as a whole: what stays as it is is sent too.
                let target = self.target(item);
                let read = target.map(|target| self.contract.for_creation(&target.read));
                let mut fields = read.unwrap_or_default();
                fields.insert("settings".to_owned(), settings(&text));
                What::Update(fields)
            }
            // Policies about apps are for people alone.
            LabEffect::AssignOne | LabEffect::AssignApp => What::Assign(vec![self.to_a_group()]),
            LabEffect::UnassignOne => What::Unassign(to_group(&self.input.seed_group())),
            LabEffect::Assign => What::Assign(vec![
                self.to_a_group(),
                json!({"target": {
                    "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget",
                }}),
            ]),
        }
    }

    /// A group that nobody else assigns anything to.
    fn to_a_group(&self) -> Value {
        to_group(&self.origin.to_string())
    }

    fn name(&self, item: u32) -> String {
        let (run, seed) = (self.origin, self.input.seed);
        format!("Item {item} of run {run}, seed {seed}")
    }
}

fn to_group(id: &str) -> Value {
    json!({"target": {
        "@odata.type": "#microsoft.graph.groupAssignmentTarget",
        "groupId": id,
    }})
}

/// Of which type the objects are.
pub(super) const fn kind(effect: LabEffect) -> &'static str {
    match effect {
        LabEffect::Update | LabEffect::Create | LabEffect::Assign => "device_configurations",
        LabEffect::CreateCatalog | LabEffect::Settings => "settings_catalog",
        LabEffect::AssignOne | LabEffect::UnassignOne => "autopilot_profiles",
        LabEffect::AssignApp => "app_protection",
    }
}

/// More than a page of settings as it comes unasked, each of them told apart.
fn settings(text: &str) -> Value {
    let one = |number: u32| {
        json!({"settingInstance": {
            "@odata.type": "#microsoft.graph.deviceManagementConfigurationSimpleSettingInstance",
            "settingDefinitionId": format!("device_vendor_msft_policy_config_trial_{number}"),
            "simpleSettingValue": {
                "@odata.type": "#microsoft.graph.deviceManagementConfigurationStringSettingValue",
                "value": text,
            },
        }})
    };
    (0..30).map(one).collect()
}

/// What names the effect of an item within its run.
pub(super) fn op_key(item: u32) -> String {
    format!("item {item:05}")
}

/// Every object of a type, in the provider's order.
async fn targets(
    context: &mut WorkContext<'_>,
    contract: &'static Contract,
) -> Result<Result<Vec<Target>, GraphError>, Halt> {
    let mut targets = Vec::new();
    let mut take = |item: Map<String, Value>| {
        let text = |key: &str| item.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(id) = text("id") {
            let name = text(contract.name_field).unwrap_or_else(|| id.clone());
            let read = item;
            targets.push(Target { id, name, read });
        }
    };
    let walked = context.walk(contract, None, &mut take).await?;
    Ok(walked.map(|()| targets))
}
