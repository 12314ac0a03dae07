//! Drawings of graphs.

use super::*;
use crate::model::Attempts;
use crate::scenario::{builtin, parse};

fn compiled(scenario: &Scenario) -> Program {
    Program::compile(scenario, Attempts::Counted).unwrap()
}

/// Two processes with one lock, under names that may have anything in them.
fn pair(title: &str, names: [&str; 2]) -> Scenario {
    let process = |name: &str| {
        format!("[[process]]\nname = {}\nsteps = [\"lock A\", \"unlock A\"]\n", serde_json::Value::from(name))
    };
    let title = serde_json::Value::from(title);
    parse(&format!("title = {title}\non = \"flock\"\n{}{}", process(names[0]), process(names[1])), "test").unwrap()
}

/// Deadlock, doomed and finished states and what they look like.
#[test]
fn a_graph_for_graphviz() {
    let crossed = builtin::named("deadlock", Some(2)).unwrap();
    let program = compiled(&crossed);
    let text = dot(&crossed, &program, &Map::whole(&program, MOST_WRITTEN).unwrap());
    let mark = concat!("// <!-- made by lesson ", env!("CARGO_PKG_VERSION"), " -->\n");
    assert_eq!(text, format!("{mark}{}", include_str!("deadlock.dot")));
}

#[test]
fn the_smallest_picture() {
    let pair = pair("two", ["a", "b"]);
    let program = compiled(&pair);
    let text = svg(&pair, &program, &Map::whole(&program, MOST_DRAWN).unwrap()).unwrap();
    let mark = concat!("<!-- made by lesson ", env!("CARGO_PKG_VERSION"), " -->\n");
    let drawn = text.strip_prefix(mark).unwrap();
    // The style lies in a file of its own.
    let (head, rest) = drawn.split_once("<style>").unwrap();
    let (_, rest) = rest.split_once("</style>").unwrap();
    let lines = format!("{head}{rest}").replace("><", ">\n<");
    assert_eq!(lines, include_str!("pair.svg"));
}

/// How many of each sign there are in a picture: safe, doomed, deadlocked and finished states, those of which no more
/// is known, and arrows, those of a shortest way to a deadlock apart. The legend has one of each that occurs.
fn check_signs(name: &str, first: bool, expected: [usize; 7]) {
    let (word, size) = name.split_once(' ').unwrap();
    let scenario = builtin::named(word, size.parse().ok()).unwrap();
    let program = compiled(&scenario);
    let map = match first {
        false => Map::whole(&program, MOST_DRAWN).unwrap(),
        true => {
            let wanted = crate::explore::Wanted::Deadlock;
            let task = crate::explore::Task {
                count: false,
                keep: true,
                first: Some(wanted),
                max_states: 100_000,
                max_bytes: 1 << 28,
            };
            let found = crate::explore::explore(&program, &program.start(), &task, &mut |_| true).unwrap();
            Map::along(&program, &found.shortest.unwrap())
        }
    };
    let text = svg(&scenario, &program, &map).unwrap();
    let count = |sign: &str| text.matches(&format!("class=\"{sign}\"")).count();
    let drawn = |sign: &str| count(sign).saturating_sub(1); // without that of the legend
    let finished = (count("finished") / 2).saturating_sub(1);
    let [safe, doomed, deadlock, unknown, way] = ["safe", "doomed", "deadlock", "unknown", "way"].map(drawn);
    let found = [safe, doomed, deadlock, finished, unknown, count("move"), way];
    assert_eq!(found, expected, "{name}");
    assert_eq!(text.matches("<title").count() - 1, map.states.len(), "{name}");
}

#[test]
fn each_state_has_its_sign() {
    check_signs("philosophers 2", false, [17, 0, 1, 1, 0, 20, 2]);
    check_signs("philosophers 3", false, [85, 0, 1, 1, 0, 150, 3]);
    check_signs("deadlock 2", false, [0, 8, 1, 0, 0, 8, 4]);
    check_signs("philosophers 5", true, [19, 0, 1, 0, 0, 14, 5]);
}

/// Of the words at the arrows hardly any touch each other, as they are moved along their arrows: one pair of 153 words.
#[test]
fn words_keep_apart() {
    let scenario = builtin::philosophers(3);
    let program = compiled(&scenario);
    let text = svg(&scenario, &program, &Map::whole(&program, MOST_DRAWN).unwrap()).unwrap();
    let of = |name: &str, tag: &str| -> f64 {
        let (_, rest) = tag.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    let steps = text.split("<text class=\"step\"").skip(1);
    let places: Vec<(f64, f64, f64)> = steps
        .map(|rest| {
            let (tag, rest) = rest.split_once('>').unwrap();
            let half = rest.split_once('<').unwrap().0.len() as f64 * 2.8;
            (of(" x", tag), of(" y", tag), half)
        })
        .collect();
    let touch = |one: &(f64, f64, f64), two: &(f64, f64, f64)| {
        (one.0 - two.0).abs() < one.2 + two.2 && (one.1 - two.1).abs() < 9.0
    };
    let pairs = (0..places.len()).flat_map(|at| (0..at).map(move |other| (at, other)));
    let touching = pairs.filter(|&(one, two)| touch(&places[one], &places[two])).count();
    assert_eq!((places.len(), touching), (153, 1));
}

#[test]
fn too_many_states_are_refused_with_a_remedy() {
    let many = builtin::philosophers(5);
    let program = compiled(&many);
    let error = svg(&many, &program, &Map::whole(&program, MOST_WRITTEN).unwrap()).unwrap_err().to_string();
    assert_eq!(
        error,
        "1,743 states are too many for a picture, which takes 400; write them with --dot for Graphviz, or add --first \
         to draw only the way to the nearest deadlock"
    );
}

/// Names stay text in every kind of drawing.
#[test]
fn hostile_names_stay_text() {
    let title = "</svg><script>alert(1)</script>".to_owned() + &"long ".repeat(1_900);
    let hostile = pair(&title, ["<img/onerror=x>\"\\N&\u{202e}", "]]>-->'`"]);
    let program = compiled(&hostile);
    let map = Map::whole(&program, MOST_DRAWN).unwrap();
    let drawn = svg(&hostile, &program, &map).unwrap();
    for forbidden in ["<script", "<img", "\u{202e}", "]]>-->"] {
        assert!(!drawn.contains(forbidden), "`{forbidden}` in {drawn}");
    }
    assert!(drawn.contains("&lt;img/onerror=x&gt;&quot;"), "{drawn}");
    assert!(drawn.len() < 20_000, "{}", drawn.len());
    let text = dot(&hostile, &program, &map);
    assert!(text.contains(r#"<img/onerror=x>\"\\N&\\u{2…"#), "{text}");
    for line in text.lines() {
        // Every quote that is not escaped opens or closes a text.
        let plain = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(plain.matches('"').count() % 2, 0, "{line}");
    }
}
