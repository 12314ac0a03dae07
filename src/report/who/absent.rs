//! What is said of a file that is followed and not there.

use serde_json::json;

use super::json::{before, text};
use super::{View, clean, watched};

/// The page, or the document on one line, of a look at a path where there is no file.
pub fn absent(path: &str, as_json: bool, view: &View) -> String {
    let watch = view.watch;
    match as_json {
        true => text(
            &json!({
                "lesson": env!("CARGO_PKG_VERSION"), "command": "who", "ok": false, "file": null, "absent": path,
                "at": watch.map(|watch| watch.at), "before": before(watch)
            }),
            true,
        ),
        false => {
            let absent = format!("{} is not there; it is followed all the same, in case it comes.", clean(path));
            let before = watch.map(|watch| watched::before(watch.before, view.style)).unwrap_or_default();
            view.style.wrap(&absent, "") + &before
        }
    }
}
