//! The pictures of explore and play, from outside.

mod common;

use common::{Place, scenario};

/// Runs it, and compares the exit status, what is said, and the names of the files that are there then.
fn check(place: &Place, words: &str, status: i32, said: &[&str], files: &[&str]) {
    let done = place.run(words).expect(status);
    for word in said {
        assert!(done.text().contains(word), "{words}: `{word}` in {}", done.text());
    }
    assert_eq!(place.entries(), files, "{words}");
}

fn read(place: &Place, file: &str) -> String {
    std::fs::read_to_string(place.join(file)).expect("it was written")
}

#[test]
fn files_are_written_and_the_exit_status_stays() {
    let place = Place::new();
    check(&place, "play deadlock --html play.html", 0, &["play.html is written."], &["play.html"]);
    let all = ["all.html", "play.html", "s.dot", "s.svg"];
    let words = "explore philosophers --processes 3 --html all.html --svg s.svg --dot s.dot";
    let said = ["87", "A deadlock is possible.", "all.html is written.", "s.svg is written.", "s.dot is written."];
    check(&place, words, 1, &said, &all);
    check(&place, "explore ordering --svg s.svg --html all.html", 0, &["No deadlock is possible"], &all);
    // A document stays one document.
    let done = place.run("explore deadlock --json --dot s.dot").expect(1);
    assert_eq!(done.json()["states"], 9);
    for file in all {
        let text = read(&place, file);
        let first = text.lines().next().expect("a line");
        assert!(first.contains("<!-- made by lesson "), "{file}: {first}");
        assert!(!text.contains("http://") || file == "s.svg", "{file} asks for nothing");
        assert!(!text.contains("https://"), "{file} asks for nothing");
    }
    assert!(read(&place, "all.html").contains("No deadlock is possible"), "what explore says is on its page");
    assert!(read(&place, "s.dot").contains("0 -> 1 [label=\"P1: lock A\"];"));
}

/// With --first only the way to the nearest deadlock is drawn, whatever the size of the whole.
#[test]
fn the_way_to_a_deadlock_alone() {
    let place = Place::new();
    check(&place, "explore philosophers --processes 9 --first --dot s.dot", 1, &["9 moves"], &["s.dot"]);
    let text = read(&place, "s.dot");
    assert!(text.contains("only those of the way to the nearest deadlock"), "{text}");
    assert_eq!(text.matches("shape=doubleoctagon").count(), 1, "{text}");
    // One move of each of 9, then of 9, 8, 7 ...
    assert_eq!(text.matches(" [label=").count(), text.matches(" -> ").count() - 1, "{text}");
    check(&place, "play philosophers --processes 9 --html g.html", 0, &[], &["g.html", "s.dot"]);
    assert!(read(&place, "g.html").contains("too many states for a page. Here are those on every shortest way"));
}

#[test]
fn what_can_not_be_drawn_or_written_is_refused_before_anything_is_done() {
    let place = Place::new();
    place.write("mine.html", "<p>mine</p>");
    let table: [(&str, &[&str]); 16] = [
        ("explore philosophers --svg s.svg", &["more than 400 states", "--dot", "--first"]),
        ("explore philosophers --processes 9 --dot s.dot", &["more than 100,000 states", "--first"]),
        ("explore deadlock --html mine.html", &["mine.html exists and was not written by lesson", "--force"]),
        ("play deadlock --html mine.html", &["mine.html exists and was not written by lesson", "--force"]),
        ("explore deadlock --html a --svg ./a", &["--html and --svg name the same file"]),
        ("explore deadlock --dot missing/a", &["there is no directory missing"]),
        ("play deadlock --html .", &["it is a directory"]),
        ("explore deadlock --html -", &["--html", "not standard output"]),
        ("explore deadlock --svg -", &["--svg", "not standard output"]),
        ("explore deadlock --dot -", &["--dot", "not standard output"]),
        ("play deadlock --html -", &["--html", "not standard output"]),
        ("explore deadlock --force", &["--force", "--html"]),
        ("play deadlock --force", &["--html"]),
        ("play deadlock --html a --moves 1", &["--moves"]),
        ("play deadlock --html a --real", &["--real"]),
        ("explore deadlock --export tla T.tla --html a", &["--export"]),
    ];
    for (words, expected) in table {
        let done = place.run(words);
        assert_eq!((done.status, done.text()), (Some(2), ""), "{words}: {done:?}");
        expected.iter().for_each(|word| assert!(done.err.contains(word), "{words}: `{word}` in {}", done.err));
    }
    assert_eq!(place.entries(), ["mine.html"], "nothing was written");
    assert_eq!(read(&place, "mine.html"), "<p>mine</p>");
    place.run("play deadlock --html mine.html --force").expect(0);
    assert!(read(&place, "mine.html").contains("made by lesson"));
}

/// Where the scenario was read from standard input, no command can name it.
#[test]
fn a_scenario_from_standard_input() {
    let place = Place::new();
    let file =
        place.write("it.toml", scenario("on = \"flock\"", &[("<a>", "lock A, unlock A"), ("b", "lock A, unlock A")]));
    for (words, named) in [("play - --html g.html", false), ("play it.toml --html g.html", true)] {
        let mut command = place.lesson(words);
        command.stdin(std::fs::File::open(&file).expect("just written"));
        common::finish(command).expect(0);
        assert_eq!(read(&place, "g.html").contains("lesson run it.toml --schedule"), named, "{words}");
    }
}
