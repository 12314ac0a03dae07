//! `lesson sweep --json`: one document, with names that scripts may rely on.
//!
//! ```text
//! { "lesson": "0.1.0",            version that wrote it
//!   "command": "sweep",
//!   "ok": true,                   every real run agreed, or none was asked for: exit status 0
//!   "simulated": true,            the cells are simulations: no process ran
//!   "scenario": "locked",         the name of the built-in scenario, or the title of the file's
//!   "seed": 1,                    the first seed
//!   "repeat": 10,                 how many seeds each cell is simulated under
//!   "fixed": { "processes": 5 },  settings with one value: a number, or a duration as it is typed, "3s"
//!   "rows": AXIS,
//!   "columns": AXIS,              null if only one setting varies
//!   "cells": [ CELL, ... ],       row by row
//!   "checks": [ CHECK, ... ] }    what --check ran for real
//! ```
//!
//! each AXIS `{ "setting": "task", "values": ["0s", "3s"] }`, each CELL
//!
//! ```text
//! { "set": { "task": "3s", "busy-timeout": "5s" },
//!   "expected": 6,                records that would be stored if nothing were refused
//!   "least_lost": 2,              under the seed that lost the fewest
//!   "most_lost": 2,
//!   "mean_lost": 2.0,
//!   "took_ms": 12110.2,           the longest of its simulations, on the virtual clock
//!   "problem": null }             why it can't be simulated; then all numbers are null
//! ```
//!
//! and each CHECK
//!
//! ```text
//! { "set": { ... },
//!   "least_lost": 2, "most_lost": 2,   simulated
//!   "lost": 2,                         by real processes
//!   "took_ms": 12140.3,
//!   "agrees": true }                   what was lost lies between the two
//! ```
//!
//! New names may be added; these stay.

use serde_json::{Map, Value, json};

use super::Swept;
use crate::sweep::{self, Axis, Cell, Check, Setting, Sweep};

/// The document of a sweep.
pub fn document(swept: &Swept) -> Value {
    let sweep = swept.sweep;
    let subject = sweep.subject();
    json!({
        "lesson": env!("CARGO_PKG_VERSION"),
        "command": "sweep",
        "ok": swept.agrees(),
        "simulated": true,
        "scenario": subject.built_in.as_ref().unwrap_or(&subject.scenario.title),
        "seed": sweep.seed(),
        "repeat": sweep.repeat(),
        "fixed": set(sweep.fixed()),
        "rows": axis(sweep.rows()),
        "columns": sweep.columns().map(axis),
        "cells": swept.cells.iter().map(|of| cell(sweep, of)).collect::<Vec<_>>(),
        "checks": swept.checks.iter().map(|of| check(sweep, of)).collect::<Vec<_>>(),
    })
}

fn axis(axis: &Axis) -> Value {
    json!({ "setting": axis.setting.name(), "values": axis.values.iter().copied().map(value).collect::<Vec<_>>() })
}

fn cell(sweep: &Sweep, cell: &Cell) -> Value {
    let found = cell.found.as_ref().ok();
    json!({
        "set": set(&sweep.varied(cell.row, cell.column)),
        "expected": found.map(|found| found.expected),
        "least_lost": found.map(|found| found.least),
        "most_lost": found.map(|found| found.most),
        "mean_lost": found.map(|found| found.mean()),
        "took_ms": found.map(|found| ms(found.took_us)),
        "problem": cell.found.as_ref().err(),
    })
}

fn check(sweep: &Sweep, check: &Check) -> Value {
    json!({
        "set": set(&sweep.varied(check.row, check.column)),
        "least_lost": check.simulated.least,
        "most_lost": check.simulated.most,
        "lost": check.lost,
        "took_ms": ms(check.took_us),
        "agrees": check.agrees(),
    })
}

fn set(settings: &[(Setting, sweep::Value)]) -> Value {
    let entries = settings.iter().map(|(setting, of)| (setting.name().to_owned(), value(*of)));
    Value::Object(entries.collect::<Map<_, _>>())
}

fn value(value: sweep::Value) -> Value {
    match value {
        sweep::Value::Time(_) => value.to_string().into(),
        sweep::Value::Count(count) => count.into(),
    }
}

fn ms(us: u64) -> f64 {
    us as f64 / 1e3
}
