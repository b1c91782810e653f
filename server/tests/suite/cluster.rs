//! A PostgreSQL server of a test's own, which the test stops and starts as it likes.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Once,
};

use postgres_cluster::{Keep, Stop};

/// A cluster in a temporary folder; dropping it stops the server and removes its files.
pub struct Cluster(postgres_cluster::Cluster);

impl Cluster {
    /// Makes a cluster and starts it; none when nobody said where PostgreSQL's programs are.
    pub fn start() -> Option<Self> {
        let Some(programs) = std::env::var_os("TENANT_ATLAS_TEST_PG_PROGRAMS") else {
            say_that_this_is_left_out();
            return None;
        };
        // What was committed must be there after the break.
        let cluster = postgres_cluster::Cluster::start(&PathBuf::from(programs), Keep::Commits);
        Some(Self(cluster.unwrap()))
    }

    /// The URL of its database.
    pub fn url(&self) -> String {
        self.0.url()
    }

    /// Makes a database whose tables are on a disk of their own, and says its URL.
    pub fn database_on(&self, disk: &Path) -> String {
        self.0.hand_over(disk).unwrap();
        self.sql(&format!(
            "create tablespace small location '{}'",
            disk.display()
        ));
        self.sql("create database small tablespace small");
        let url = self.url();
        let server = url.strip_suffix("/postgres").unwrap();
        format!("{server}/small")
    }

    /// Its administrator.
    pub fn user(&self) -> String {
        let url = self.0.url();
        let rest = url.strip_prefix("postgres://").unwrap();
        rest.split('@').next().unwrap().to_owned()
    }

    /// Has the server's own administrator say something to it.
    pub fn sql(&self, statement: &str) {
        let said = Command::new(self.0.programs().join("psql"))
            .args(["--quiet", "--command", statement, &self.url()])
            .output()
            .unwrap();
        assert!(said.status.success(), "{said:?}");
    }

    /// Ends the server at once, as a machine that fails does.
    pub fn break_off(&mut self) {
        self.0.stop(Stop::Immediate);
    }

    /// Lets the server stand still: connections stay, and nothing is answered.
    pub fn fall_silent(&mut self) {
        self.0.freeze().unwrap();
    }

    /// Starts the server on what it had.
    pub fn go_on(&mut self) {
        self.0.go_on().unwrap();
    }
}

/// Past the capturing of test output: nobody may take half a suite for a whole one.
fn say_that_this_is_left_out() {
    static SAID: Once = Once::new();
    SAID.call_once(|| {
        let _ = writeln!(
            std::io::stderr(),
            "outages of PostgreSQL NOT RUN: set TENANT_ATLAS_TEST_PG_PROGRAMS to the folder of initdb to run them"
        );
    });
}
