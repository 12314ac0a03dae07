//! What all pages have in common: one file, no network, safe whatever names are in it.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;

/// Allows what the page brings along and nothing else: no address is ever asked for anything.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// Colours, type and the parts that every page has.
const STYLE: &str = include_str!("frame.css");

/// By this a file of ours is known: it stands in the first line of a page and of a picture.
const MARK: &str = "<!-- made by lesson ";

/// A page to be.
pub(super) struct Page<'a> {
    /// For the tab, and the heading.
    pub(super) title: &'a str,
    /// Its own style, after that of all pages.
    pub(super) style: &'static str,
    /// What is below the heading. It says all that matters without the script, too.
    pub(super) body: Markup,
    /// What the script reads: JSON in the element `data`.
    pub(super) data: String,
    /// Its script, which runs once the page is there.
    pub(super) script: &'static str,
}

impl Page<'_> {
    /// The file.
    pub(super) fn file(&self) -> String {
        let page = html! {
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta http-equiv="Content-Security-Policy" content=(POLICY);
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " - lesson" }
                    style { (PreEscaped(STYLE)) (PreEscaped(self.style)) }
                }
                body {
                    main {
                        h1 { (self.title) }
                        (self.body)
                    }
                    script type="application/json" id="data" { (PreEscaped(&self.data)) }
                    script { (PreEscaped(self.script)) }
                }
            }
        };
        format!("{}{}\n{}\n", DOCTYPE.into_string(), mark(), page.into_string())
    }
}

/// The comment by which a file of ours is known.
pub(super) fn mark() -> String {
    format!("{MARK}{} -->", env!("CARGO_PKG_VERSION"))
}

/// Whether a page or a picture of ours begins with this line.
pub fn is_first_line(line: &str) -> bool {
    line.contains(MARK)
}

/// JSON that can stand in a script element: nothing in it looks like markup.
pub(super) fn json(data: &impl Serialize) -> String {
    let plain = serde_json::to_string(data).unwrap_or_else(|_| String::from("null"));
    let mut safe = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => safe += &format!("\\u{:04x}", u32::from(c)),
            _ => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_text() {
        let table = [
            (
                "</script><script>alert(1)</script>",
                r#""\u003c/script\u003e\u003cscript\u003ealert(1)\u003c/script\u003e""#,
            ),
            ("<!--<script>", r#""\u003c!--\u003cscript\u003e""#),
            ("a & \"b\"\u{2028}", r#""a \u0026 \"b\"\u2028""#),
        ];
        for (name, expected) in table {
            assert_eq!(json(&name), expected);
            assert_eq!(serde_json::from_str::<String>(&json(&name)).unwrap(), name);
            let page =
                Page { title: name, style: "", body: html! { p { (name) } }, data: json(&name), script: "" }.file();
            assert!(!page.contains(name), "{page}");
            assert!(page.lines().next().is_some_and(is_first_line), "{page}");
        }
    }
}
