//! A lesson's page in a terminal.

use termimad::{FmtText, MadSkin};

use super::paint::Style;
use super::words::clean;

/// Markdown, wrapped to the width of the page. Links are their text.
pub fn prose(markdown: &str, style: Style) -> String {
    let skin = if style.color { MadSkin::default() } else { MadSkin::no_style() };
    let text: Vec<String> = markdown.lines().map(|line| without_links(&clean(line))).collect();
    FmtText::from(&skin, &text.join("\n"), Some(style.width)).to_string()
}

/// `[text](target)` becomes `text`.
fn without_links(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("](") {
        let Some((target, behind)) = after.split_once(')') else { break };
        let Some((head, words)) = before.rsplit_once('[') else {
            text += &format!("{before}]({target})");
            rest = behind;
            continue;
        };
        text += &format!("{head}{words}");
        rest = behind;
    }
    text + rest
}
