//! The folder of the state: what survives, and who is kept out.

#[cfg(test)]
mod support;

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::path::{Path, PathBuf};

    use graph_sandbox::{Clock, ControlApi, Options, Sandbox, SandboxConfig, Scale, StateError};
    use serde_json::{Value, json};

    use super::support::World;

    /// A folder of its own for one test, gone with it.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let name = format!("graph-sandbox-{}", uuid::Uuid::new_v4());
            Self(std::env::temp_dir().join(name))
        }

        fn world(&self) -> World {
            let options = Options {
                state: Some(self.0.clone()),
                ..Options::default()
            };
            World::opened(Scale::Small, ControlApi::On, &options)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _: std::io::Result<()> = std::fs::remove_dir_all(&self.0);
        }
    }

    fn log(folder: &Path) -> PathBuf {
        folder.join("changes.jsonl")
    }

    #[tokio::test]
    async fn what_changed_survives_a_restart_with_its_tokens_and_deltas() {
        let folder = Folder::new();
        let path = "/beta/deviceManagement/assignmentFilters";
        let body =
            json!({"displayName": "Kept", "platform": "iOS", "rule": "(device.model -eq \"x\")"});
        let (token, made, link, app) = {
            let world = folder.world();
            let token = world.writer().await;
            let link = world
                .get(&token, "/v1.0/groups/delta?$deltatoken=latest")
                .await
                .json();
            let made = world.ask(&token, "POST", path, &[], &body).await.json();
            let group = world.get(&token, "/v1.0/groups?$top=1").await.json();
            let uri = format!("/v1.0/groups/{}", group["value"][0]["id"].as_str().unwrap());
            let renamed = world
                .ask(&token, "PATCH", &uri, &[], &json!({"displayName": "Kept"}))
                .await;
            assert_eq!(renamed.status.as_u16(), 204);
            let (all, _) = world.all(&token, path).await;
            let older = all.iter().find(|one| one["id"] != made["id"]).unwrap();
            let gone = format!("{path}/{}", older["id"].as_str().unwrap());
            world.ask(&token, "DELETE", &gone, &[], &Value::Null).await;
            let apps = format!("tenants/{}/apps", world.tenant(0).tenant_id);
            let app = world
                .control("POST", &apps, r#"{"roles":["Group.Read.All"]}"#)
                .await
                .json();
            (
                token,
                made,
                link["@odata.deltaLink"].as_str().unwrap().to_owned(),
                app,
            )
        };
        for _ in 0..2 {
            let world = folder.world();
            let (all, _) = world.all(&token, path).await;
            assert_eq!(all.len(), 3, "one came, one went");
            let own = world
                .get(&token, &format!("{path}/{}", made["id"].as_str().unwrap()))
                .await;
            assert_eq!(own.json()["displayName"], "Kept");
            let changes = world.get(&token, &link).await.json();
            assert_eq!(changes["value"].as_array().unwrap().len(), 1);
            assert_eq!(changes["value"][0]["displayName"], "Kept");
            let form = format!(
                "grant_type=client_credentials&client_id={}&client_secret={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default",
                app["client_id"].as_str().unwrap(),
                app["client_secret"].as_str().unwrap()
            );
            let signed_in = world.sign_in(&world.tenant(0).tenant_id, &form).await;
            assert_eq!(signed_in.status.as_u16(), 200);
        }
    }

    #[tokio::test]
    async fn what_was_deleted_can_be_restored_after_a_restart() {
        let folder = Folder::new();
        let bin = "/v1.0/directory/deletedItems";
        let uri = {
            let world = folder.world();
            let token = world.writer().await;
            let group = world.get(&token, "/v1.0/groups?$top=1").await.json();
            let uri = format!("/v1.0/groups/{}", group["value"][0]["id"].as_str().unwrap());
            let gone = world.ask(&token, "DELETE", &uri, &[], &Value::Null).await;
            assert_eq!(gone.status.as_u16(), 204);
            uri
        };
        let id = uri.rsplit('/').next().unwrap();
        {
            let world = folder.world();
            let token = world.token(0).await;
            assert_eq!(world.get(&token, &uri).await.status.as_u16(), 404);
            let restore = format!("{bin}/{id}/restore");
            let back = world.ask(&token, "POST", &restore, &[], &Value::Null).await;
            assert_eq!(back.status.as_u16(), 200);
        }
        let world = folder.world();
        let token = world.token(0).await;
        assert_eq!(world.get(&token, &uri).await.status.as_u16(), 200);
        let left = world.get(&token, &format!("{bin}/{id}")).await;
        assert_eq!(left.status.as_u16(), 404);
    }

    #[tokio::test]
    async fn a_line_that_a_kill_cut_off_is_no_change_and_nothing_else_is_lost() {
        let folder = Folder::new();
        let path = "/beta/deviceManagement/roleScopeTags";
        {
            let world = folder.world();
            let token = world.writer().await;
            world
                .ask(&token, "POST", path, &[], &json!({"displayName": "Whole"}))
                .await;
        }
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .open(log(&folder.0))
            .unwrap();
        file.write_all(b"{\"t\":0,\"w\":[{\"c\":\"deviceMan")
            .unwrap();
        drop(file);
        let world = folder.world();
        let token = world.token(0).await;
        let (all, _) = world.all(&token, path).await;
        assert_eq!(all.len(), 4);
        assert_eq!(all[3]["displayName"], "Whole");
    }

    #[tokio::test]
    async fn a_change_and_the_approval_it_used_up_are_one_line() {
        let folder = Folder::new();
        let path = "/beta/deviceManagement/roleScopeTags";
        let body = json!({"displayName": "Approved"});
        let world = folder.world();
        let token = world.writer().await;
        let tenant = world.tenant(0).tenant_id;
        world
            .control("POST", "faults", r#"{"kind":"approval_required"}"#)
            .await;
        let why = ("x-msft-approval-justification", "eA==");
        let asked = world.ask(&token, "POST", path, &[why], &body).await;
        let code = asked.headers["x-msft-approval-code"].to_str().unwrap();
        let approve = format!("tenants/{tenant}/approvals/{code}");
        let status = r#"{"status":"approved"}"#;
        world.control("POST", &approve, status).await;
        let with = ("x-msft-approval-code", code);
        let made = world.ask(&token, "POST", path, &[with], &body).await;
        assert_eq!(made.status.as_u16(), 200);
        let text = std::fs::read_to_string(log(&folder.0)).unwrap();
        let last: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        let written: Vec<_> = last["w"].as_array().unwrap().iter().collect();
        let names: Vec<_> = written.iter().map(|one| one["c"].as_str()).collect();
        assert_eq!(
            names,
            [
                Some("deviceManagement/operationApprovalRequests"),
                Some("deviceManagement/roleScopeTags"),
            ]
        );
        assert_eq!(written[0]["e"]["status"], "completed");
    }

    #[tokio::test]
    async fn a_folder_is_of_one_program_and_of_one_sandbox() {
        let folder = Folder::new();
        let world = folder.world();
        let open = |seed| {
            let config = SandboxConfig {
                seed,
                tenants: 6,
                scale: Scale::Small,
                control: ControlApi::Off,
            };
            let options = Options {
                state: Some(folder.0.clone()),
                ..Options::default()
            };
            Sandbox::open(config, &options, Clock::system())
        };
        assert!(matches!(open(7), Err(StateError::InUse(_))));
        drop(world);
        match open(8) {
            Err(StateError::OtherSandbox { made_with }) => {
                assert_eq!(made_with, "--seed 7 --tenants 6 --scale small");
            }
            other => panic!("{other:?}"),
        }
        open(7).unwrap();
        let text = std::fs::read_to_string(log(&folder.0)).unwrap();
        std::fs::write(log(&folder.0), format!("{text}nonsense\n")).unwrap();
        assert!(matches!(open(7), Err(StateError::Broken { line: 2, .. })));
    }
}
