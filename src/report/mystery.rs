//! The pages of `lesson mystery`: what is locked, who it may be, and whether the answer is right and why.

use serde_json::{Value, json};

use super::Style;
use super::words::clean;
use crate::mystery::{Case, Culprit, Tried};

/// What is locked, what a program meets there, and how to find out.
pub fn opening(path: &str, tried: &[Tried], style: Style) -> String {
    let mut text = style.wrap(&format!("A program says that it can't go on: {} is locked.", clean(path)), "");
    text += &format!("\n{}\n", style.heading("What is met there, really tried"));
    for tried in tried {
        let wrapped = style.wrap(&format!("a program that {}: {}", tried.what, outcome(tried)), "    ");
        text += &format!("  {}", wrapped.get(2..).unwrap_or_default());
    }
    // A command is not broken into lines: it is to be copied.
    text += &format!("\n{}\n", style.heading("Hunt in another terminal"));
    text += &format!("  lesson who {}\n", clean(&shell_words::quote(path)));
    text
}

/// The possible answers, and how to give one.
pub fn menu(style: Style) -> String {
    let mut text = format!("\n{}\n", style.heading("Who is it?"));
    let longest = Culprit::ALL.map(|culprit| culprit.name().len()).into_iter().max().unwrap_or_default();
    for (culprit, number) in Culprit::ALL.into_iter().zip(1..) {
        let name = format!("{:longest$}", culprit.name());
        text += &format!("  {number} {}  {}\n", style.name(&name), culprit.words());
    }
    text + "\nType a number or a name. Ctrl-C gives up.\n"
}

/// Whether it is right, and why.
pub fn closing(case: &Case, style: Style) -> String {
    let told = |culprit: Culprit| format!("{} ({})", culprit.name(), culprit.words());
    let verdict = match case.is_right() {
        true => format!("Right: it is {}.", told(case.culprit)),
        false => format!("No: it is not {}, it is {}.", told(case.answer), told(case.culprit)),
    };
    let paint = if case.is_right() { Style::good } else { Style::bad };
    let first = verdict.split(':').next().unwrap_or_default().to_owned();
    let mut text = format!("\n{}", style.wrap(&verdict, "").replacen(&first, &paint(style, &first), 1));
    text += &section("The evidence, as lesson who reads it", &case.reading.text, style);
    if let Some(since) = &case.since {
        let note = format!("When you answered that was over, and somebody has ended it. Then it read: {}", since.text);
        text += &style.wrap(&clean(&note), "  ");
    }
    let mut signs = format!("{}: {}.", case.culprit.name(), case.culprit.sign());
    if !case.is_right() {
        signs += &format!(" {} would be: {}.", case.answer.name(), case.answer.sign());
    }
    text += &section("By what to know it", &signs, style);
    text += &section("What helps", &case.reading.fix, style);
    text + &format!("\nAll of it is ended. The same again: lesson mystery --seed {}\n", case.seed)
}

/// One document, with names that scripts may rely on.
pub fn document(case: &Case) -> Value {
    let tried = |tried: &Tried| {
        let refusal = tried.refusal.as_ref();
        let refusal = refusal.map(|why| json!({ "name": why.name, "code": why.code, "text": why.text }));
        json!({ "what": tried.what, "refusal": refusal })
    };
    json!({
        "lesson": env!("CARGO_PKG_VERSION"),
        "command": "mystery",
        "ok": case.is_right(),
        "seed": case.seed,
        "path": case.path,
        "tried": case.tried.iter().map(tried).collect::<Vec<_>>(),
        "answer": case.answer.name(),
        "culprit": case.culprit.name(),
        "cause": case.reading.cause.name(),
        "reading": case.reading.text,
        "fix": case.reading.fix,
        "culprits": case.reading.culprits,
    })
}

fn outcome(tried: &Tried) -> String {
    let Some(why) = &tried.refusal else { return "it can".into() };
    let code = why.code.map_or_else(String::new, |code| format!(", code {code}"));
    clean(&format!("{} ({}{code})", why.text, why.name))
}

fn section(heading: &str, text: &str, style: Style) -> String {
    format!("\n{}\n{}", style.heading(heading), style.wrap(&clean(text), "  "))
}
