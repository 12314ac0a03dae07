//! `lesson sweep`: what is lost where, on a terminal, as a page, as a document, and beside real runs.

mod common;

use common::{Done, Place, finish, number, run, scenario};
use lesson::report::Style;
use lesson::report::sweep::{Swept, checks, map};
use lesson::scenario::builtin;
use lesson::sweep::{Axis, Cell, Check, Found, Setting, Subject, Sweep, Value};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Fewest and most lost in each cell, row by row; `None` where it can't be simulated.
fn lost(document: &Json) -> Vec<Option<(u64, u64)>> {
    let cell = |cell: &Json| Some((cell["least_lost"].as_u64()?, cell["most_lost"].as_u64()?));
    document["cells"].as_array().expect("a list").iter().map(cell).collect()
}

/// Sweeps without a real run and checks what is lost.
fn check(words: &str, expected: &[(u64, u64)]) -> Json {
    let document = run(&format!("sweep {words} --json")).expect(0).json();
    assert_eq!(lost(&document), expected.iter().copied().map(Some).collect::<Vec<_>>(), "{words}: {document:#}");
    document
}

#[test]
fn the_exercise_loses_what_a_real_database_loses() {
    // Of six records, as tests/locked.rs and tests/simulate.rs have it.
    let rows = [(4, 4), (2, 2), (1, 1), (0, 0)];
    check("--task 3s --busy-timeout 0s,5s,8s,20s", &rows);
    let document =
        check("--busy-timeout 5s,8s,20s --task 0s,3s --repeat 3", &[(0, 0), (0, 0), (0, 0), (2, 2), (1, 1), (0, 0)]);
    assert_eq!(document["rows"], json!({ "setting": "task", "values": ["0s", "3s"] }));
    assert_eq!(document["columns"], json!({ "setting": "busy-timeout", "values": ["5s", "8s", "20s"] }));
    assert_eq!(document["cells"][3]["set"], json!({ "task": "3s", "busy-timeout": "5s" }));
    assert_eq!((number(&document, "seed"), number(&document, "repeat")), (1, 3));
    // What it does without any option: five tasks, five timeouts.
    let grid = [
        [4, 0, 0, 0, 0], // 0 s
        [4, 0, 0, 0, 0], // 500 ms
        [4, 1, 0, 0, 0], // 1 s
        [4, 4, 2, 1, 0], // 3 s
        [4, 4, 4, 3, 1], // 6 s
    ];
    check("", &grid.concat().into_iter().map(|lost| (lost, lost)).collect::<Vec<_>>());
}

#[test]
fn sizes_and_retries_vary_and_single_values_are_set() {
    let document = check("--processes 1,2,3 --busy-timeout 0s --task 1s", &[(0, 0), (2, 2), (4, 4)]);
    assert_eq!(document["fixed"], json!({ "task": "1s", "busy-timeout": "0s" }));
    assert_eq!(document["columns"], Json::Null);
    let expected: Vec<u64> =
        document["cells"].as_array().expect("a list").iter().map(|cell| number(cell, "expected")).collect();
    assert_eq!(expected, [2, 4, 6]);
    check("retry --attempts 1,10000 --backoff-base 1ms", &[(4, 4), (0, 0)]);
    let tied = check("--task 1s --busy-timeout 1s,2s --seed 1 --repeat 10", &[(3, 4), (1, 2)]);
    assert!(tied["cells"][0]["mean_lost"].as_f64() > Some(3.0), "{tied:#}");
}

#[test]
fn a_file_may_be_swept_too() {
    let steps = "begin, insert, work 1s, commit";
    let toml = scenario("on = \"sqlite\"", &[("P1", steps), ("P2", steps)]);
    let place = Place::new();
    place.write("my.toml", &toml);
    let document = place.run("sweep my.toml --busy-timeout 500ms,5s --json").expect(0).json();
    assert_eq!(lost(&document), [Some((1, 1)), Some((0, 0))]);
    assert_eq!(document["scenario"], "a test");
    let mut command = common::lesson(["sweep", "-", "--busy-timeout", "0s,5s", "--quiet"]);
    command.stdin(std::fs::File::open(place.join("my.toml")).expect("just written"));
    assert_eq!(finish(command).expect(0).text(), "");
}

#[test]
fn bad_input_is_refused_with_a_remedy() {
    let place = Place::new();
    place.write("notes.txt", "mine\n");
    let table: [(&str, &[&str]); 20] = [
        ("--task 3", &["200ms, 3s, 1m30s"]),
        ("--task 0s,", &["is not a duration"]),
        ("--processes 0", &["--processes"]),
        ("--attempts 0", &["--attempts"]),
        ("--check 21", &["--check"]),
        ("--check -1", &["-1"]),
        ("--repeat 0", &["--repeat"]),
        ("--json --quiet", &["--json"]),
        ("--force", &["--html"]),
        ("--html missing/heat.html", &["there is no directory missing"]),
        ("--html -", &["--html", "not standard output"]),
        ("--html notes.txt", &["was not written by lesson", "--force"]),
        ("nonsense", &["can't read nonsense"]),
        ("deadlock", &["stores no records", "such as locked"]),
        ("retry --task 1s,2s --processes 2,3 --attempts 1,2", &["at most two can vary"]),
        ("--processes 65,10000", &["no cell of the grid can be simulated", "the model takes 64"]),
        ("--task 61s --busy-timeout 0s,10m --check 1", &["no cell to run", "at most 2m"]),
        ("--task 24h --busy-timeout 0s,1s", &["ended by its deadline"]),
        ("--backoff-base 1ms,2ms", &["no process has a `retry`"]),
        ("--task 0s,1s --repeat 10000 --busy-timeout 0s,1s", &["4 cells, each 10000 times"]),
    ];
    for (words, expected) in table {
        let done = place.run(&format!("sweep {words}"));
        assert_eq!((done.status, done.text()), (Some(2), ""), "{words}: {done:?}");
        assert!(done.err.starts_with("error: ") && !done.err.contains("panicked"), "{words}: {}", done.err);
        expected.iter().for_each(|word| assert!(done.err.contains(word), "`{word}` is missing in {}", done.err));
    }
    let many: Vec<String> = (1..=401).map(|ms| format!("{ms}ms")).collect();
    run(&format!("sweep --task {}", many.join(","))).expect_error(&["401 x 1 = 401 cells", "at most 400"]);
    assert_eq!(place.entries(), ["notes.txt"]);
}

#[test]
fn a_page_is_written_and_written_over() {
    let place = Place::new();
    let words = "sweep --task 0s,3s --busy-timeout 5s,20s --html heat.html --quiet";
    for _ in 0..2 {
        assert_eq!(place.run(words).expect(0).text(), "");
    }
    let page = std::fs::read_to_string(place.join("heat.html")).expect("it was written");
    assert_eq!(page.matches("<td tabindex=\"0\"").count(), 4);
    assert_eq!(page.matches("<span class=\"all\"> of 6</span>").count(), 4);
    let told = place.run(words.strip_suffix(" --quiet").expect("quiet")).expect(0);
    assert!(told.text().contains("2 of 6 ▒") && told.text().ends_with("\nheat.html is written.\n"), "{}", told.text());
    assert!(page.contains("data-words=\"task 3 s, busy-timeout 5 s: 2 of 6 records lost\""), "{page}");
}

/// The checks of a document, once they are what they should be: real, and beside a simulation of the same cell.
fn real_runs(done: &Done) -> Vec<Json> {
    let document = done.json();
    let checks = document["checks"].as_array().expect("a list").clone();
    let agree = checks.iter().all(|check| {
        let range = number(check, "least_lost")..=number(check, "most_lost");
        assert_eq!(check["agrees"], range.contains(&number(check, "lost")), "{check:#}");
        check["agrees"] == true
    });
    assert_eq!((&document["ok"], done.status), (&agree.into(), Some(i32::from(!agree))), "{document:#}");
    checks
}

#[test]
fn chosen_cells_are_run_for_real() {
    // A minute of patience and a quarter of a second of work: no machine is too busy for it.
    let done = run("sweep --task 250ms --busy-timeout 0s,60s --check 2 --json");
    let checks = real_runs(&done);
    assert_eq!((checks.len(), done.err.as_str()), (2, ""));
    let found = |check: &Json| (check["set"].clone(), number(check, "lost"));
    assert_eq!(found(&checks[1]), (json!({ "busy-timeout": "1m" }), 0), "{checks:#?}");
    assert_eq!(checks[0]["set"], json!({ "busy-timeout": "0s" }));
    assert!(checks[1]["took_ms"].as_f64() >= Some(1_500.0), "six tasks, one at a time: {checks:#?}");

    let done = run("sweep --task 10ms,20ms --busy-timeout 60s --check 1");
    let page = done.expect(0).text().to_owned();
    assert!(page.contains("Beside it: the same with real processes"), "{page}");
    assert!(page.ends_with("The real run lost as many records as were simulated.\n"), "{page}");
}

/// The page as a terminal of this width shows it, with checks that were made up.
fn page(width: usize, color: bool, real: &[u64]) -> String {
    let times = |setting, seconds: &[u64]| {
        let values = seconds.iter().map(|&seconds| Value::Time(Duration::from_secs(seconds))).collect();
        Axis { setting, values }
    };
    let axes = vec![times(Setting::Task, &[0, 3]), times(Setting::BusyTimeout, &[1, 2, 5, 8, 20, 40, 60, 120, 3_600])];
    let scenario = builtin::named("locked", None).expect("built in");
    let sweep = Sweep::new(Subject { built_in: Some("locked".into()), scenario }, axes, 1, 2).expect("it fits");
    let mut cells: Vec<Cell> = sweep.places().map(|(row, column)| sweep.cell(row, column)).collect();
    cells[17].found = Err("too large; use less".into());
    let simulated = Found { expected: 6, least: 2, most: 2, sum: 4, runs: 2, took_us: 12_000_000 };
    let check = |(&lost, column)| Check { row: 1, column, simulated, lost, took_us: 12_345_678 };
    let made: Vec<Check> = real.iter().zip(2..).map(check).collect();
    let swept = Swept { sweep: &sweep, cells: &cells, checks: &made };
    let style = Style { color, width };
    map(&swept, style) + &checks(&swept, style)
}

#[test]
fn the_page_fits_both_widths_and_colour_adds_nothing_but_colour() {
    for (width, heads) in [(80, 2), (50, 3)] {
        let plain = page(width, false, &[2, 3]);
        let widest = plain.lines().map(unicode_width::UnicodeWidthStr::width).max();
        assert!(widest <= Some(width), "{widest:?} columns of {width}: {plain}");
        assert!(!plain.contains('\u{1b}'));
        // Nine columns, as many beside each other as fit: each block has both rows.
        assert_eq!(plain.lines().filter(|line| line.starts_with("  3 s ")).count(), heads, "{plain}");
        assert_eq!(plain.matches(" ?\n").count(), 1, "{plain}");
        let words = plain.split_whitespace().collect::<Vec<_>>().join(" ");
        for text in [
            "? task 3 s, busy-timeout 3600 s: can't be simulated: too large; use less",
            "13 of 18 cells lose no record. 1 cell can't be simulated.",
            "1 of 2 real runs deviated from what was simulated.",
        ] {
            assert!(words.contains(text), "{text} in {plain}");
        }
        let coloured = page(width, true, &[2, 3]);
        let mut parts = coloured.split('\u{1b}');
        let first = parts.next().unwrap_or_default().to_owned();
        let stripped = first + &parts.map(|part| part.split_once('m').map_or("", |(_, rest)| rest)).collect::<String>();
        assert_eq!(stripped, plain);
    }
    let agreed = page(80, false, &[2]);
    assert!(agreed.ends_with("The real run lost as many records as were simulated.\n"), "{agreed}");
    assert!(!page(80, false, &[]).contains("Beside it"));
}

#[test]
fn a_pipe_gets_no_colour_and_the_same_seed_the_same_bytes() {
    let words = "sweep --task 1s --busy-timeout 1s,2s";
    let pages = ["--seed 1", "--seed 1", "--seed 77 --repeat 3"].map(|seed| run(&format!("{words} {seed}")).expect(0));
    assert!(!pages[0].out.contains(&0x1b));
    assert_eq!(pages[0].out, pages[1].out);
    assert_ne!(pages[0].out, pages[2].out);
    assert!(pages[2].text().contains("under 3 seeds from 77 on"), "{}", pages[2].text());
    assert!(run(&format!("{words} --color always")).expect(0).out.contains(&0x1b));
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_the_real_runs() {
    use nix::sys::signal::Signal;

    let place = Place::new();
    let mut command = place.lesson("sweep --task 15s --busy-timeout 0s,60s --check 1 --seed 2 --html heat.html");
    command.env("TMPDIR", place.path());
    let mut sweep = common::Running::start(command);
    sweep.wait_for(&["lose no record"]);
    common::signal(sweep.pid(), Signal::SIGINT);
    let done = sweep.finish();
    assert_eq!(done.status, Some(130), "{done:?}");
    assert_eq!(place.entries(), [""; 0], "no page of half a sweep, and no directory stays");
}

/// One of one cell; and the same value twice would be the same row twice.
#[test]
fn one_cell_and_a_value_given_twice() {
    let done = run("sweep --task 10ms --busy-timeout 60s").expect(0);
    assert!(done.text().ends_with("1 of 1 cell loses no record.\n"), "{}", done.text());
    for (words, what) in [
        ("sweep --task 0s,0s", "--task has 0s twice; give each value once"),
        ("sweep --task 0s,1s --busy-timeout 1s,2s,1000ms", "--busy-timeout has 1s twice; give each value once"),
        ("sweep retry --attempts 3,3", "--attempts has 3 twice; give each value once"),
    ] {
        run(words).expect_error(&[what]);
    }
}
