//! A database that cannot be written: a full disk, and a server that has become read-only.

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
    sync::Once,
};

use domain::run::RunOutcome;
use tempfile::TempDir;

use crate::{
    cluster::Cluster,
    installation::{CHECK, Installation, SYNC},
    program::Server,
    wait::until,
};

/// A small disk of its own, which can be filled.
struct Disk(TempDir);

impl Disk {
    /// Mounts one; `None` where this user may not.
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=24m", "tmpfs"])
            .arg(folder.path())
            .status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(folder));
        }
        static SAID: Once = Once::new();
        SAID.call_once(|| {
            let _ = writeln!(
                std::io::stderr(),
                "a full disk NOT TRIED: only root may mount a small one"
            );
        });
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn ballast(&self) -> PathBuf {
        self.path().join("ballast")
    }

    /// Leaves not a byte.
    fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let block = [0_u8; 4096];
        while ballast.write_all(&block).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Also while a program that is being stopped still has a file open.
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// What people are answered while nothing can be written.
fn assert_read_only(site: &Installation, server: &Server) {
    let (tenant, _) = site.sites.last().unwrap();
    let form = format!("tenant={tenant}&operation={CHECK}");
    let refused = server.post("/api/run/start", &site.session, &form);
    assert_eq!(refused.status, 503, "{refused:?}");
    assert!(refused.body.contains("not_writable"), "{refused:?}");
    for word in ["sqlx", "SQLITE", "tmp", "postgres"] {
        assert!(!refused.body.contains(word), "the answer says {word}");
    }
    let page = server.get("/admin/tenants", Some(&site.session));
    assert_eq!(page.status, 200, "{}", page.head);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_what_is_new_and_loses_nothing() {
    let Some(disk) = Disk::mount() else {
        return;
    };
    let database = format!("sqlite:{}", disk.path().join("atlas.sqlite").display());
    let (site, _) = Installation::new(&database, None).await;
    let server = site.serve(&database);
    server.until_ready();
    site.slow_down(0, "/groups", 1_000);
    let under_way = site.start(&server, 0, SYNC);
    site.until_asked(under_way, "/v1.0/groups", server.log());

    disk.fill();
    assert_read_only(&site, &server);
    let seen = site.state(&server, under_way).unwrap();
    assert!(!seen.is_over(), "what was under way is not lost: {seen:?}");

    disk.make_room();
    let later = site.start(&server, 1, CHECK);
    for run in [under_way, later] {
        server.log().until_ended(run);
        let state = site.state(&server, run).unwrap();
        assert_eq!(state.outcome, RunOutcome::Succeeded);
    }
    assert!(server.stop(), "it ends well when it is asked to");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_server_refuses_what_is_new_and_loses_nothing() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let database = cluster.url();
    let (site, _) = Installation::new(&database, None).await;
    let server = site.serve(&database);
    server.until_ready();
    site.slow_down(0, "/groups", 5_000);
    let under_way = site.start(&server, 0, SYNC);
    site.until_asked(under_way, "/v1.0/groups", server.log());

    cluster.sql("alter system set default_transaction_read_only = on");
    cluster.sql("select pg_reload_conf()");
    until("the setting is in force", server.log(), || {
        let (tenant, _) = site.sites.last().unwrap();
        let form = format!("tenant={tenant}&operation={CHECK}");
        server.post("/api/run/start", &site.session, &form).status == 503
    });
    assert_read_only(&site, &server);
    let seen = site.state(&server, under_way).unwrap();
    assert!(!seen.is_over(), "what was under way is not lost: {seen:?}");

    cluster.sql("alter system reset default_transaction_read_only");
    cluster.sql("select pg_reload_conf()");
    until("it can be written again", server.log(), || {
        let (tenant, _) = site.sites.last().unwrap();
        let form = format!("tenant={tenant}&operation={SYNC}");
        let answer = server.post("/api/run/start", &site.session, &form);
        answer.status == 200
    });
    server.log().until_ended(under_way);
    let state = site.state(&server, under_way).unwrap();
    assert_eq!(state.outcome, RunOutcome::Succeeded);
    assert!(server.stop(), "it ends well when it is asked to");
}
