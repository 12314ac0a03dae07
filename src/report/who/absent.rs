//! What is said of a file that is followed and not there.

use serde_json::json;

use super::clean;
use super::json::text;

/// The page, or the document on one line, of a look at a path where there is no file.
pub fn absent(path: &str, as_json: bool) -> String {
    match as_json {
        true => text(
            &json!({
                "lesson": env!("CARGO_PKG_VERSION"), "command": "who", "ok": false, "file": null, "absent": path
            }),
            true,
        ),
        false => format!("{} is not there; it is followed all the same, in case it comes.\n", clean(path)),
    }
}
