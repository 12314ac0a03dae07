//! The texts themselves.

use lesson::export::{is_module_name, promela, tla};
use lesson::model::{Attempts, Program};
use lesson::scenario::{Scenario, builtin};
use snapbox::{assert_data_eq, file};

fn both(scenario: &Scenario, module: &str) -> [String; 2] {
    let program = Program::compile(scenario, Attempts::Counted).expect("it is small");
    [promela(scenario, &program), tla(scenario, &program, module)]
}

/// Recorded; SNAPSHOTS=overwrite records anew.
#[test]
fn two_crossed() {
    let [promela, tla] = both(&builtin::named("deadlock", None).expect("built in"), "Crossed");
    assert_data_eq!(promela, file!["crossed.pml"].raw());
    assert_data_eq!(tla, file!["Crossed.tla"].raw());
}

/// What somebody else wrote stands in comments only, and ends none of them.
#[test]
fn untrusted_text() {
    let mut scenario = builtin::philosophers(2);
    scenario.title = "*/ int x; /* (* *) \\* \" ' ---- MODULE x ---- ==== é 日本 \u{202e} ??/ \\".to_owned();
    scenario.processes[0].name = "*/\"é(*%s".to_owned();
    scenario.processes[1].name = "*/\"(*)%s".to_owned();
    let [promela, tla] = both(&scenario, "x");
    assert_eq!(promela.matches("/*").count(), promela.matches("*/").count());
    assert_eq!(promela.matches("int x").count(), 1);
    let second = promela.lines().nth(1);
    let expected = " * * / int x; / * ( * * ) \\ * \" ' ---- MODULE x ---- ==== é 日本 \\u{202e} ??/ \\";
    assert_eq!(second, Some(expected));
    assert!(promela.contains("#define P_s 0 /* * /\"é( *%s */\n#define P_s_2 1 /* * /\"( * )%s */\n"), "{promela}");
    assert!(promela.contains("printf(\"P_s_2: lock B\\n\")"), "{promela}");
    let outside = tla.lines().map(|line| line.split("\\*").next().unwrap_or(line));
    assert!(outside.clone().all(|line| line.is_ascii() && !line.contains('"')), "{tla}");
    assert_eq!(outside.filter(|line| line.starts_with("----") || line.starts_with("====")).count(), 2);
    let program = Program::compile(&scenario, Attempts::Counted).expect("it is small");
    if super::checker::is_here() {
        assert_eq!(super::checker::spin(&scenario, &program).states, 19);
    }
}

#[test]
fn module_names() {
    for name in ["x", "Philosophers_5", "a1", "MODULES"] {
        assert!(is_module_name(name), "{name}");
    }
    for name in ["", "1x", "a-b", "a.b", "é", "MODULE", "WF_x", "at", "Naturals", "P1_moves", "_x"] {
        assert!(!is_module_name(name), "{name}");
    }
    let [_, tla] = both(&builtin::philosophers(2), "P1");
    assert!(tla.contains("\nP1_2 == 1 \\* P1\n"), "a process makes way for the module\n{tla}");
}
