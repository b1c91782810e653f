//! A real PgBouncer in transaction mode between the program and its database.

use std::{
    fs,
    io::Write as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Once,
};

use tempfile::TempDir;

use crate::{
    cluster::Cluster,
    installation::{CHECK, Installation},
    program::run,
    wait::Log,
};

/// A pooler that gives a session to each transaction.
struct Pooler {
    child: Child,
    port: u16,
    _folder: TempDir,
}

fn program() -> Option<PathBuf> {
    let places = [
        "/usr/sbin/pgbouncer",
        "/usr/bin/pgbouncer",
        "/usr/local/bin/pgbouncer",
    ];
    places.iter().map(PathBuf::from).find(|it| it.exists())
}

impl Pooler {
    /// Starts one before a cluster; none where either of the programs is missing.
    fn start(cluster: &Cluster) -> Option<Self> {
        let Some(program) = program() else {
            static SAID: Once = Once::new();
            SAID.call_once(|| {
                let _ = writeln!(
                    std::io::stderr(),
                    "a pooler NOT TRIED: there is no pgbouncer here"
                );
            });
            return None;
        };
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let server = cluster.url();
        let server = server
            .rsplit_once(':')
            .unwrap()
            .1
            .split('/')
            .next()
            .unwrap();
        let user = cluster.user();
        let folder = tempfile::tempdir().unwrap();
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user={user}\n[pgbouncer]\n\
             listen_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\nauth_type = any\n\
             pool_mode = transaction\nmax_client_conn = 200\ndefault_pool_size = 10\n"
        );
        let file = folder.path().join("pgbouncer.ini");
        fs::write(&file, settings).unwrap();
        let mut command = unprivileged(&user, folder.path(), &program);
        let child = command
            .arg(&file)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap();
        Log::of(child.stderr.take().unwrap()).until_said("process up");
        Some(Self {
            child,
            port,
            _folder: folder,
        })
    }

    fn url(&self, parameters: &str) -> String {
        format!(
            "postgres://postgres@127.0.0.1:{}/postgres{parameters}",
            self.port
        )
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// It refuses to run as root; the database server's account has nothing else to do here.
fn unprivileged(user: &str, folder: &Path, program: &Path) -> Command {
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if !is_root {
        return Command::new(program);
    }
    let owned = Command::new("chown")
        .args(["-R", user])
        .arg(folder)
        .status();
    assert!(owned.unwrap().success());
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", user, "--regid", user, "--init-groups"])
        .arg(program);
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_real_pooler_it_says_what_its_url_needs_and_works_with_it() {
    let Some(cluster) = Cluster::start() else {
        return;
    };
    let Some(pooler) = Pooler::start(&cluster) else {
        return;
    };
    let (site, _) = Installation::new(&cluster.url(), None).await;
    let folder = site.folder.path();
    let data = folder.join("data");
    let tried = |command: &[&str], url: &str| {
        let place = ["--data-dir", data.to_str().unwrap(), "--database-url", url];
        let output = run(folder, &[command, &place].concat());
        let said = [&output.stdout[..], &output.stderr[..]].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let plain = pooler.url("");
    let listen = ["--listen", "127.0.0.1:0"];
    for command in [
        &["doctor"][..],
        &[&["serve"][..], &listen].concat(),
        &[&["web"][..], &listen].concat(),
        &["worker"],
        &["migrate"],
        &["audit", "verify"],
    ] {
        let (code, said) = tried(command, &plain);
        assert_eq!(code, Some(1), "{command:?} {said}");
        assert!(
            said.contains("add statement-cache-capacity=0 to its URL"),
            "{command:?} {said}"
        );
    }
    let bench = run(
        folder,
        &["bench", "runs", "--count", "1", "--database-url", &plain],
    );
    let said = String::from_utf8(bench.stderr).unwrap();
    assert!(
        said.contains("add statement-cache-capacity=0 to its URL"),
        "{said}"
    );

    let pooled = pooler.url("?statement-cache-capacity=0");
    for _ in 0..3 {
        let (code, said) = tried(&["doctor"], &pooled);
        assert_eq!(code, Some(0), "{said}");
        assert!(
            said.contains("behind a pooler: runs start within 250 ms by polling"),
            "{said}"
        );
    }
    let server = site.serve(&pooled);
    server.until_ready();
    let runs: Vec<_> = (0..2)
        .map(|tenant| site.start(&server, tenant, CHECK))
        .collect();
    for run in runs {
        server.log().until_ended(run);
    }
    assert!(server.stop());
}
