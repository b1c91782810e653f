//! The folder of the state: opened by one program at a time, read whole, written anew, appended to.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::{Value, json};

use super::log::{self, Log};
use super::{App, Tenant, writing};
use crate::catalogue::{self, HIDDEN};
use crate::config::{SandboxConfig, Scale};
use crate::data;

const LOG: &str = "changes.jsonl";
const LOCK: &str = "lock";

/// Why a folder cannot hold the state of this sandbox.
#[derive(Debug)]
pub enum StateError {
    /// The file system refuses.
    Io {
        /// What could not be opened, read or written.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another program has the folder open.
    InUse(PathBuf),
    /// The folder holds the state of a sandbox that was made otherwise.
    OtherSandbox {
        /// How that one was started.
        made_with: String,
    },
    /// A line of the file makes no sense.
    Broken {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: usize,
    },
}

impl std::fmt::Display for StateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io { path, .. } => write!(f, "cannot use {}", path.display()),
            Self::InUse(path) => {
                write!(f, "{} is in use by another sandbox", path.display())
            }
            Self::OtherSandbox { made_with } => write!(
                f,
                "the folder holds the state of another sandbox; start it with {made_with}, or choose an empty folder"
            ),
            Self::Broken { path, line } => write!(
                f,
                "{} cannot be read at line {line}; restore it, or choose an empty folder",
                path.display()
            ),
        }
    }
}

impl std::error::Error for StateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// The tenants, and the lock that keeps other programs out for as long as it lives.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) tenants: Vec<Tenant>,
    pub(crate) lock: Option<File>,
}

/// Makes the tenants of `config`, as the folder says they have become.
pub(crate) fn open(config: SandboxConfig, folder: Option<&Path>) -> Result<Opened, StateError> {
    let Some(folder) = folder else {
        return Ok(Opened {
            tenants: data::tenants(config, None),
            lock: None,
        });
    };
    let io = |path: &Path| {
        let path = path.to_owned();
        move |source| StateError::Io { path, source }
    };
    std::fs::create_dir_all(folder).map_err(io(folder))?;
    let lock = File::create(folder.join(LOCK)).map_err(io(&folder.join(LOCK)))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(StateError::InUse(folder.to_owned())),
        Err(TryLockError::Error(source)) => return Err(io(folder)(source)),
    }
    let path = folder.join(LOG);
    let text = match std::fs::read(&path) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|error| StateError::Broken {
            path: path.clone(),
            line: error
                .as_bytes()
                .get(..error.utf8_error().valid_up_to())
                .map_or(0, |good| good.iter().filter(|byte| **byte == b'\n').count())
                + 1,
        })?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(io(&path)(error)),
    };
    let history = History::read(config, &text).map_err(|problem| match problem {
        Unreadable::OtherSandbox(made_with) => StateError::OtherSandbox { made_with },
        Unreadable::Line(line) => StateError::Broken {
            path: path.clone(),
            line,
        },
    })?;
    let log = Log::replace(&path, &history.lines(config)).map_err(io(&path))?;
    let tenants = data::tenants(config, Some(&Arc::new(log)));
    history
        .restore(&tenants)
        .ok_or(StateError::Broken { path, line: 0 })?;
    Ok(Opened {
        tenants,
        lock: Some(lock),
    })
}

/// The latest state of everything that was ever changed.
#[derive(Debug, Default)]
struct History {
    /// By tenant, store and key.
    changes: BTreeMap<(usize, String, String), Value>,
    apps: BTreeMap<usize, Value>,
}

enum Unreadable {
    OtherSandbox(String),
    Line(usize),
}

fn header(config: SandboxConfig) -> Value {
    let scale = match config.scale {
        Scale::Small => "small",
        Scale::Large => "large",
    };
    json!({"graph_sandbox": 1, "seed": config.seed, "tenants": config.tenants, "scale": scale})
}

impl History {
    fn read(config: SandboxConfig, text: &str) -> Result<Self, Unreadable> {
        let mut history = Self::default();
        for (at, line) in log::lines(text).into_iter().enumerate() {
            let broken = || Unreadable::Line(at + 1);
            let line: Value = serde_json::from_str(line).map_err(|_| broken())?;
            if at == 0 {
                if line != header(config) {
                    let was = |name: &str| {
                        let value = line.get(name).cloned().unwrap_or(Value::Null);
                        value
                            .as_str()
                            .map_or_else(|| value.to_string(), str::to_owned)
                    };
                    let [seed, tenants, scale] = ["seed", "tenants", "scale"].map(was);
                    return Err(Unreadable::OtherSandbox(format!(
                        "--seed {seed} --tenants {tenants} --scale {scale}"
                    )));
                }
                continue;
            }
            history.take(&line).ok_or_else(broken)?;
        }
        Ok(history)
    }

    fn take(&mut self, line: &Value) -> Option<()> {
        let tenant = usize::try_from(line.get("t")?.as_u64()?).ok()?;
        if let Some(apps) = line.get("apps") {
            self.apps.insert(tenant, apps.clone());
            return Some(());
        }
        for change in line.get("w")?.as_array()? {
            let store = change.get("c")?.as_str()?.to_owned();
            let key = change.get("k")?.as_str()?.to_owned();
            self.changes.insert((tenant, store, key), change.clone());
        }
        Some(())
    }

    fn lines(&self, config: SandboxConfig) -> Vec<String> {
        let apps = self.apps.iter();
        let apps = apps.map(|(tenant, apps)| json!({"t": tenant, "apps": apps}));
        let changes = self.changes.iter();
        let changes = changes.map(|((tenant, ..), change)| json!({"t": tenant, "w": [change]}));
        [header(config)]
            .into_iter()
            .chain(apps)
            .chain(changes)
            .map(|line| line.to_string())
            .collect()
    }

    fn restore(self, tenants: &[Tenant]) -> Option<()> {
        for (tenant, apps) in self.apps {
            let apps = apps.as_array()?.iter().map(App::from_json);
            tenants
                .get(tenant)?
                .restore_apps(apps.collect::<Option<Vec<_>>>()?);
        }
        for ((tenant, store, _), change) in self.changes {
            let hidden = HIDDEN.iter().copied().find(|hidden| store == hidden.path);
            let collection = hidden.or_else(|| catalogue::by_path(&store))?;
            let (key, what, version) = writing::read(collection, &change)?;
            tenants
                .get(tenant)?
                .apply(collection.store(), key, what, version);
        }
        Some(())
    }
}
