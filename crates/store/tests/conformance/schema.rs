//! Every table of a tenant's rows is bound to workspace and scope by the schema itself (D-02).

use std::sync::Arc;

use crate::database::{Database, Dialect};

/// Tables of the platform or of a workspace as a whole; nothing of a tenant may come onto this list.
const NOT_A_TENANTS: [&str; 15] = [
    "_sqlx_migrations",
    "audit_heads",
    "bulk_selections",
    "installation",
    "invitations",
    "key_check",
    "sessions",
    "setup_links",
    "sign_in_attempts",
    "upkeep",
    "users",
    "worker_presence",
    "workers",
    "workspace_memberships",
    "workspaces",
];

/// What PostgreSQL checks once a statement and not by a foreign key, or what its ledger alone writes; the attacks on
/// the wall prove that it does.
const OWNED: [(&str, &str); 5] = [
    ("audit_log", "audit_log_owned"),
    ("notifications", "notifications_owned"),
    ("run_attempts", "run_attempts_owned"),
    ("run_decisions", "run_decisions_owned"),
    ("run_outcomes", "run_outcomes_derived"),
];

struct Table {
    not_null: Vec<String>,
    generated: Vec<String>,
    /// Columns of each foreign key.
    keys: Vec<Vec<String>>,
}

async fn table(db: &Database, name: &str) -> Table {
    let (not_null, generated, keys) = match db.dialect {
        Dialect::Sqlite => (
            format!("select name from pragma_table_xinfo('{name}') where \"notnull\" = 1"),
            format!("select name from pragma_table_xinfo('{name}') where hidden in (2, 3)"),
            format!(
                "select group_concat(\"from\", ',') from pragma_foreign_key_list('{name}') group by id"
            ),
        ),
        Dialect::Postgres => (
            format!(
                "select column_name::text from information_schema.columns where table_name = '{name}' and is_nullable = 'NO'"
            ),
            format!(
                "select column_name::text from information_schema.columns where table_name = '{name}' and is_generated = 'ALWAYS'"
            ),
            format!(
                "select string_agg(a.attname::text, ',') from pg_constraint c
                 join pg_attribute a on a.attrelid = c.conrelid and a.attnum = any (c.conkey)
                 where c.contype = 'f' and c.conrelid = '{name}'::regclass group by c.oid"
            ),
        ),
    };
    let keys = db.raw.texts(&keys).await;
    Table {
        not_null: db.raw.texts(&not_null).await,
        generated: db.raw.texts(&generated).await,
        keys: keys
            .iter()
            .map(|key| key.split(',').map(str::to_owned).collect())
            .collect(),
    }
}

impl Table {
    /// Why the table does not bind its rows to their owner, if it does not.
    fn fault(&self, name: &str) -> Option<String> {
        for column in ["workspace_id", "scope_id"] {
            if !self.not_null.iter().any(|c| c == column) {
                return Some(format!("{name}.{column} is missing or may be null"));
            }
        }
        let keyed_with_workspace = |column: &str| {
            self.keys.iter().any(|key| {
                key.iter().any(|c| c == "workspace_id") && key.iter().any(|c| c == column)
            })
        };
        // Either the scope stands in the key itself, or it is computed from the tenant that does
        // (or the tenant from it), so that one cannot say something else than the other.
        let computed = |column: &str| self.generated.iter().any(|c| c == column);
        let by_tenant =
            keyed_with_workspace("tenant_id") && (computed("scope_id") || computed("tenant_id"));
        let is_owner = name == "tenants" && computed("scope_id");
        let bound = keyed_with_workspace("scope_id") || by_tenant || is_owner;
        (!bound).then(|| format!("{name}: no foreign key binds workspace_id with scope_id"))
    }
}

/// The triggers of PostgreSQL that are asked.
async fn triggers(db: &Database) -> Vec<String> {
    match db.dialect {
        Dialect::Sqlite => Vec::new(),
        Dialect::Postgres => {
            let enabled =
                "select tgname::text from pg_trigger where not tgisinternal and tgenabled = 'O'";
            db.raw.texts(enabled).await
        }
    }
}

pub async fn d02_every_tenants_row_is_bound_to_its_owner(db: Arc<Database>) {
    let names = match db.dialect {
        Dialect::Sqlite => {
            "select name from sqlite_schema where type = 'table' and name not like 'sqlite%' order by name"
        }
        Dialect::Postgres => {
            "select table_name::text from information_schema.tables
             where table_schema = 'public' and table_type = 'BASE TABLE' order by 1"
        }
    };
    let names = db.raw.texts(names).await;
    assert!(names.len() > NOT_A_TENANTS.len());
    let triggers = triggers(&db).await;
    let by_statement = |name: &str| {
        let owned = OWNED.iter().find(|(table, _)| *table == name);
        owned.is_some_and(|(_, trigger)| triggers.iter().any(|it| it == trigger))
    };
    let mut faults = Vec::new();
    for name in &names {
        let fault = table(&db, name).await.fault(name);
        let fault = fault.filter(|_| !by_statement(name));
        match (fault, NOT_A_TENANTS.contains(&&**name)) {
            (Some(fault), false) => faults.push(fault),
            (None, true) => faults.push(format!("{name} needs no place on the list any more")),
            _ => {}
        }
    }
    for name in NOT_A_TENANTS {
        if !names.iter().any(|n| n == name) {
            faults.push(format!("{name} is on the list and not in the database"));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}
