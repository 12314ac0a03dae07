//! A real browser, told what to do by `drive.mjs`.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// Whether the package is there that `drive.mjs` needs.
pub fn is_installed() -> bool {
    here().join("node_modules/playwright-core").is_dir()
}

fn here() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser")
}

/// How the browser is set up.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// CSS pixels.
    pub width: u32,
    /// CSS pixels.
    pub height: u32,
    /// `light` or `dark`.
    pub scheme: &'static str,
}

impl Window {
    /// As on a desk.
    pub const DESK: Self = Self { width: 1280, height: 800, scheme: "light" };
}

/// Opens a page, does these acts, and gives what those told that look. The page may neither complain nor ask anybody
/// for anything.
pub fn drive(page: &Path, window: Window, acts: &[Value]) -> Vec<Value> {
    let wish = json!({
        "page": page, "width": window.width, "height": window.height, "scheme": window.scheme, "acts": acts
    });
    let mut node = Command::new("node");
    node.arg(here().join("drive.mjs")).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = node.spawn().expect("node starts");
    child.stdin.take().expect("piped").write_all(wish.to_string().as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let (text, complaint) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let told: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}{complaint}"));
    assert_eq!((&told["errors"], &told["requests"]), (&json!([]), &json!([])), "{}: {told:#}", page.display());
    told["seen"].as_array().cloned().unwrap_or_default()
}
