//! What the pages do in a browser.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::common::{Place, lesson, scenario};
use crate::driver::{Window, drive};

/// A title that tries to be markup. (No name can: the scenario's reader lets through only letters and the like.)
const HOSTILE: &str = r#"title = "</script><script>alert(1)</script>"
on = "flock"

[[process]]
name = "P1"
steps = ["lock A", "meet", "lock B", "unlock B", "unlock A"]

[[process]]
name = "P2"
steps = ["lock B", "meet", "lock A", "unlock A", "unlock B"]
"#;

/// Makes a page with this command, whatever its exit status says of the run.
fn page(place: &Place, words: &str) -> PathBuf {
    let file = place.join("page.html");
    let done = place.run(&format!("{words} --force --html {}", file.display()));
    assert!(matches!(done.status, Some(0 | 1)), "{words}: {}", done.err);
    file
}

/// Opens it at both widths and in both schemes: nothing complains, nothing is asked for, nothing sticks out or is pale.
fn check_looks(page: &Path, what: &str) {
    for (width, scheme) in [(1280, "light"), (360, "dark"), (360, "light"), (1280, "dark")] {
        let acts = [json!({ "overflow": null }), json!({ "pale": null })];
        let seen = drive(page, Window { width, scheme, ..Window::DESK }, &acts);
        assert_eq!(seen, [json!(0), json!([])], "{what}, {width} pixels, {scheme}");
    }
}

/// Shapes of lanes are to be told from the paper, on the page in both schemes and in the picture that stands alone: all
/// states and marks are in these recordings.
pub fn lanes_stand_out_from_the_paper() {
    let place = Place::new();
    let traces = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    for name in ["fixed", "reader", "crash"] {
        let trace = traces.join(format!("{name}.jsonl"));
        place.run(&format!("show {} --html page.html --svg lanes.svg --force", trace.display())).expect(0);
        for (file, scheme) in [("page.html", "light"), ("page.html", "dark"), ("lanes.svg", "light")] {
            let window = Window { scheme, ..Window::DESK };
            let acts = [json!({ "dim": null }), json!({ "count": "rect[data-from]" })];
            let seen = drive(&place.join(file), window, &acts);
            assert_eq!(seen[0], json!({}), "{name}, {file}, {scheme}");
            assert!(seen[1].as_u64() > Some(4), "{name}, {file}: {seen:?}");
        }
    }
}

/// On a low screen what is so at an instant stays in sight beside lanes of any length.
pub fn the_instant_stays_in_sight() {
    let place = Place::new();
    let trace = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces/fixed.jsonl");
    place.run(&format!("show {} --html page.html", trace.display())).expect(0);
    let acts = [json!({ "scroll": ".run:nth-of-type(12)" }), json!({ "inside": "#holds" })];
    let low = Window { height: 600, ..Window::DESK };
    assert_eq!(drive(&place.join("page.html"), low, &acts), [json!(true)]);
}

/// Where the ladder makes what is so at an instant higher than the window, a bar tells that it scrolls; the ladder
/// stands before its note.
pub fn nothing_of_the_instant_is_hidden() {
    let place = Place::new();
    let traces = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/traces");
    for name in ["reader", "locked", "fixed", "deadlock"] {
        place
            .run(&format!("show {} --html page.html --force", traces.join(format!("{name}.jsonl")).display()))
            .expect(0);
        for height in [800, 700, 400] {
            let seen =
                drive(&place.join("page.html"), Window { height, ..Window::DESK }, &[json!({ "hidden": ".instant" })]);
            assert_eq!(seen, [json!(false)], "{name}, {height} pixels");
        }
    }
}

/// The name of the run that the cursor is in follows the choice.
pub fn the_run_of_the_cursor_is_named() {
    let place = Place::new();
    let page = page(&place, "run deadlock --quiet --simulate --repeat 2");
    let look = ["#run", ".instant h2"].map(|target| json!({ "text": target }));
    let other = [json!({ "click": "[data-choose=\"1\"]" }), json!({ "text": "[data-choose=\"1\"]" })];
    let seen = drive(&page, Window::DESK, &[&other[..], &look].concat());
    let name = seen[0].as_str().expect("a text");
    assert_eq!(seen[1..], [json!(name), json!(format!("At this instant of {name}"))]);
}

/// Every page that lesson writes.
pub fn every_page_opens_from_disk_and_asks_nobody() {
    let table = [
        "deadlock --quiet",
        "locked --quiet --task-duration 0s",
        "run ordering --quiet --simulate",
        "explore deadlock",
        "explore philosophers --processes 3",
        "play retry",
        "sweep --quiet",
    ];
    let place = Place::new();
    for words in table {
        check_looks(&page(&place, words), words);
    }
}

/// Names from a scenario are text, whatever they try to be.
pub fn hostile_names_stay_text() {
    let place = Place::new();
    place.write("bad.toml", HOSTILE);
    for words in ["run bad.toml --quiet --simulate", "explore bad.toml", "play bad.toml"] {
        let page = page(&place, words);
        check_looks(&page, words);
        let seen = drive(&page, Window::DESK, &[json!({ "text": "h1" }), json!({ "count": "img" })]);
        assert_eq!(seen, [json!("</script><script>alert(1)</script>"), json!(0)], "{words}");
    }
}

/// The slider, its buttons and the keys move through the time of a run; graph and words follow.
pub fn the_scrubber_moves_through_time() {
    let place = Place::new();
    let page = page(&place, "run deadlock --quiet --simulate");
    let look = || [json!({ "text": "#event" }), json!({ "text": "#holds" })];
    let mut acts = vec![json!({ "slide": ["#scrubber", "0"] })];
    acts.extend(look());
    acts.push(json!({ "focus": "#scrubber" }));
    acts.push(json!({ "press": "ArrowRight" }));
    acts.extend(look());
    acts.push(json!({ "press": "End" }));
    acts.extend(look());
    acts.push(json!({ "press": "Home" }));
    acts.push(json!({ "click": "#play" }));
    acts.push(json!({ "until": ["#event", "P2 is ended by lesson"] }));
    acts.extend(look());
    let seen = drive(&page, Window::DESK, &acts);
    let text: Vec<&str> = seen.iter().filter_map(Value::as_str).collect();
    let [start, nobody, first, held, last, free, played, over] = text[..] else { panic!("{seen:?}") };
    assert_eq!((start, nobody), ("Nothing has happened yet.", "Nobody holds a lock, nobody waits."));
    assert!(first.starts_with("P1 ") || first.starts_with("P2 "), "{first}");
    assert_ne!(held, nobody);
    assert!(last.ends_with("is ended by lesson."), "{last}");
    assert_eq!((played, over), (last, free));
}

/// What is under the mouse is told with its own moment, not with that of the cursor.
pub fn a_piece_under_the_mouse_is_told_with_its_time() {
    let place = Place::new();
    let page = page(&place, "run deadlock --quiet --simulate");
    let acts = ["#now", "#event", "#count"].map(|target| json!({ "text": target }));
    let acts =
        [&acts[..], &[json!({ "hover": ".lane rect.both" })], &acts[..2], &[json!({ "hover": "h1" })], &acts[..2]];
    let seen = drive(&page, Window::DESK, &acts.concat());
    let text: Vec<&str> = seen.iter().filter_map(Value::as_str).collect();
    let [clock, event, count, no_clock, piece, clock_again, event_again] = text[..] else { panic!("{seen:?}") };
    assert!(count.starts_with("event ") && count.contains(" of "), "{count}");
    assert_eq!((clock, event), (clock_again, event_again));
    assert_eq!(no_clock, "");
    assert!(piece.starts_with("At 0.00") && piece.contains(" waits without a time-out for "), "{piece}");
}

/// Once a run was chosen, the arrows step through it and a space plays it.
pub fn keys_move_a_run_that_was_chosen() {
    let place = Place::new();
    let page = page(&place, "run deadlock --quiet --simulate --repeat 2");
    let acts = [
        json!({ "click": "[data-choose=\"1\"]" }),
        json!({ "value": "#scrubber" }),
        json!({ "press": "ArrowLeft" }),
        json!({ "value": "#scrubber" }),
        json!({ "press": "Space" }),
        json!({ "text": "#play" }),
        json!({ "press": "Space" }),
        json!({ "text": "#play" }),
    ];
    let seen = drive(&page, Window::DESK, &acts);
    let text: Vec<&str> = seen.iter().filter_map(Value::as_str).collect();
    let [first, before, playing, paused] = text[..] else { panic!("{seen:?}") };
    let number = |text: &str| text.parse::<u32>().expect("a number");
    assert_eq!(number(before) + 1, number(first));
    assert_eq!((playing, paused), ("Pause", "Play"));
}

/// A game that is played to its end gives a schedule that deadlocks real processes.
fn check_game(moves: &[Value]) {
    let place = Place::new();
    let page = page(&place, "explore deadlock");
    let mut acts = moves.to_vec();
    acts.extend(["#verdict", "#schedule", "#command"].map(|target| json!({ "text": target })));
    let seen = drive(&page, Window::DESK, &acts);
    let [verdict, schedule, command] = &seen[..] else { panic!("{seen:?}") };
    let verdict = verdict.as_str().unwrap_or_default();
    assert!(verdict.starts_with("The goal is reached. Deadlock in 4 moves, and no way is shorter"), "{verdict}");
    assert_eq!(schedule, "P1 P2 P1 P2");
    // As a shell would take it.
    let words = shell_words::split(command.as_str().unwrap_or_default()).expect("a command");
    assert_eq!(words[0], "lesson");
    let mut command = lesson(&words[1..]);
    command.arg("--json").current_dir(place.path());
    let done = crate::common::finish(command);
    assert_eq!(done.status, Some(1), "{}", done.err); // it ended in a deadlock
    let document = done.json();
    assert_eq!(document["runs"][0]["cycle"], json!(["P1", "P2"]), "{document:#}");
}

/// By the mouse.
pub fn a_game_is_played_by_clicks() {
    let click = |who: u32| json!({ "click": format!("[data-who=\"{who}\"]") });
    check_game(&[click(0), click(1), click(0), click(1)]);
}

/// By the keys, with a detour: undo, redo, restart.
pub fn a_game_is_played_by_keys() {
    let keys = ["2", "1", "u", "u", "r", "R", "1", "2", "1", "u", "r", "2"];
    check_game(&keys.map(|key| json!({ "press": key })));
}

/// Where only the shortest ways are on the page every one of them can be gone, and what leads away from them can't be
/// clicked; the schedule deadlocks.
pub fn any_shortest_way_is_played_where_the_states_are_too_many() {
    let place = Place::new();
    let page = page(&place, "play philosophers --processes 8");
    let enabled = || json!({ "count": "[data-move]:enabled" });
    let mut acts = vec![json!({ "text": "#part" }), enabled()];
    for who in [7, 2, 0, 5] {
        acts.push(json!({ "click": format!("[data-who=\"{who}\"]:enabled") }));
        acts.push(enabled());
    }
    acts.extend(["3", "4", "5", "7", "2"].map(|key| json!({ "press": key })));
    acts.extend(["#verdict", "#schedule"].map(|target| json!({ "text": target })));
    let seen = drive(&page, Window::DESK, &acts);
    let [part, counts @ .., verdict, schedule] = &seen[..] else { panic!("{seen:?}") };
    let part = part.as_str().unwrap_or_default();
    assert!(part.contains("every shortest way to a deadlock; a move that leads away"), "{part}");
    assert_eq!(counts, [8, 7, 6, 5, 4].map(|count| json!(count)));
    let verdict = verdict.as_str().unwrap_or_default();
    assert!(verdict.starts_with("The goal is reached. Deadlock in 8 moves, and no way is shorter"), "{verdict}");
    // P3 had moved: its key did nothing any more.
    assert_eq!(schedule, "P8 P3 P1 P6 P4 P5 P7 P2");
}

/// A hint tells whether a deadlock can still be avoided; the point of no return is marked among the moves.
pub fn a_hint_knows_the_point_of_no_return() {
    let place = Place::new();
    let text = scenario(
        "on = \"flock\"",
        &[
            ("P1", "lock A, lock B, unlock B, unlock A"),
            ("P2", "lock B, lock A, unlock A, unlock B"),
            ("P3", "lock C, unlock C"),
        ],
    );
    place.write("mine.toml", text);
    let page = page(&place, "explore mine.toml");
    let keys = ["1", "h"].map(|key| json!({ "press": key }));
    let mut acts = keys.to_vec();
    acts.push(json!({ "text": "#hint-text" }));
    acts.extend(["2", "h"].map(|key| json!({ "press": key })));
    acts.extend(["#hint-text", "#history"].map(|target| json!({ "text": target })));
    let seen = drive(&page, Window::DESK, &acts);
    let text: Vec<&str> = seen.iter().filter_map(Value::as_str).collect();
    let [early, late, moves] = text[..] else { panic!("{seen:?}") };
    assert!(early.starts_with("From here a deadlock can still be avoided."), "{early}");
    assert!(late.starts_with("From here a deadlock is certain."), "{late}");
    let marked: Vec<bool> = moves.lines().map(|line| line.contains("point of no return")).collect();
    assert_eq!(marked, [false, true], "{moves}");
}
