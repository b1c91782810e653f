//! The site's files: stylesheet, wasm, font, icon.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use axum::{
    Router,
    body::Bytes,
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde::Deserialize;

use super::plain;

include!(concat!(env!("OUT_DIR"), "/embedded_site.rs"));

/// The site's files, held in memory.
#[derive(Debug, Clone)]
pub(crate) struct Site(Arc<Files>);

#[derive(Debug)]
struct Files {
    by_path: HashMap<String, Bytes>,
    manifest: Manifest,
}

/// The names of the files a page loads, relative to the site.
#[derive(Debug, Deserialize)]
struct Manifest {
    js: String,
    wasm: String,
    css: String,
}

impl Site {
    /// Finds the site: where the environment says, in the program, beside it, or one folder up.
    pub(crate) fn find() -> anyhow::Result<Self> {
        if std::env::var_os("TENANT_ATLAS_SITE_DIR").is_none() && !EMBEDDED.is_empty() {
            return Self::embedded();
        }
        let named = std::env::var_os("TENANT_ATLAS_SITE_DIR").map(PathBuf::from);
        let program = std::env::current_exe().context("finding this program")?;
        let beside = program
            .ancestors()
            .skip(1)
            .take(2)
            .flat_map(|dir| [dir.join("site"), dir.join("site-dist")]);
        let found = named
            .into_iter()
            .chain(beside)
            .find(|dir| dir.join("manifest.json").is_file());
        match found {
            Some(dir) => Self::read(&dir),
            None => bail!(
                "the site's files are missing; build them with `cargo xtask run`, or name their folder in TENANT_ATLAS_SITE_DIR"
            ),
        }
    }

    fn embedded() -> anyhow::Result<Self> {
        let by_path: HashMap<_, _> = EMBEDDED
            .iter()
            .map(|(path, bytes)| ((*path).to_owned(), Bytes::from_static(bytes)))
            .collect();
        let manifest = by_path
            .get("/manifest.json")
            .context("no manifest in the embedded site")?;
        let manifest = serde_json::from_slice(manifest).context("reading the site's manifest")?;
        Ok(Self(Arc::new(Files { by_path, manifest })))
    }

    fn read(dir: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(dir.join("manifest.json"))?;
        let manifest = serde_json::from_str(&text).context("reading the site's manifest")?;
        let mut by_path = HashMap::new();
        read_into(dir, dir, &mut by_path)?;
        Ok(Self(Arc::new(Files { by_path, manifest })))
    }

    /// The paths a page loads.
    pub(super) fn paths(&self) -> app::Site {
        let Manifest { js, wasm, css } = &self.0.manifest;
        app::Site {
            css: format!("/{css}"),
            js: format!("/{js}"),
            wasm: format!("/{wasm}"),
        }
    }

    /// The routes under which the files are served.
    pub(super) fn routes(&self) -> Router {
        Router::new()
            .route("/pkg/{*file}", get(file))
            .route("/fonts/{*file}", get(file))
            .route("/favicon.svg", get(file))
            .with_state(self.clone())
    }
}

fn read_into(root: &Path, dir: &Path, files: &mut HashMap<String, Bytes>) -> anyhow::Result<()> {
    for entry in std::fs::read_dir(dir).with_context(|| format!("reading {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            read_into(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            files.insert(
                format!("/{}", relative.display()),
                std::fs::read(&path)?.into(),
            );
        }
    }
    Ok(())
}

async fn file(State(site): State<Site>, request: Request) -> Response {
    let path = request.uri().path();
    for (ending, encoding) in accepted(request.headers()) {
        if let Some(bytes) = site.0.by_path.get(&format!("{path}{ending}")) {
            let mut response = answer(path, bytes.clone());
            if let Some(encoding) = encoding {
                response.headers_mut().insert(
                    header::CONTENT_ENCODING,
                    header::HeaderValue::from_static(encoding),
                );
            }
            return response;
        }
    }
    plain(StatusCode::NOT_FOUND, "There is nothing here.\n")
}

/// The endings to look for, best first.
fn accepted(headers: &HeaderMap) -> Vec<(&'static str, Option<&'static str>)> {
    let wanted = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("");
    let takes = |name: &str| wanted.split(',').any(|part| part.trim().starts_with(name));
    let mut endings = Vec::new();
    if takes("br") {
        endings.push((".br", Some("br")));
    }
    if takes("gzip") {
        endings.push((".gz", Some("gzip")));
    }
    endings.push(("", None));
    endings
}

fn answer(path: &str, bytes: Bytes) -> Response {
    let kind = match path.rsplit('.').next() {
        Some("js") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    // A name with a hash in it never changes its content.
    let cache = if is_hashed(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, cache),
        (header::VARY, "accept-encoding"),
    ];
    (headers, bytes).into_response()
}

fn is_hashed(path: &str) -> bool {
    path.split(['/', '.', '-', '_']).any(|part| {
        part.len() >= 8
            && part.bytes().all(|b| b.is_ascii_hexdigit())
            && part.bytes().any(|b| b.is_ascii_digit())
    })
}
