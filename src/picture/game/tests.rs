//! The playable page: what its data says against the game that is played on a terminal.

use serde_json::Value;

use super::*;
use crate::explore::{Fate, Task, Wanted, explore, some_way_to_the_end};
use crate::model::Attempts;
use crate::play::{Choice, FAR, Game, MADE, Verdict};
use crate::scenario::{builtin, parse};

fn scenario(name: &str) -> Scenario {
    let (word, size) = name.split_once(' ').unwrap_or((name, ""));
    builtin::named(word, size.parse().ok()).unwrap_or_else(|| parse(name, "test").unwrap())
}

/// The page, and the data in it.
fn paged(scenario: &Scenario, most_states: usize) -> (String, Value) {
    let program = Program::compile(scenario, Attempts::Counted).unwrap();
    let (source, said) = (Some("it.toml".to_owned()), Some("<b>said</b>".to_owned()));
    let playable = Playable { scenario, program: &program, source, said, most_states };
    let task =
        Task { count: false, keep: true, first: Some(Wanted::Deadlock), max_states: 100_000, max_bytes: 1 << 28 };
    let way = || {
        let found = explore(&program, &program.start(), &task, &mut |_| true).unwrap().shortest;
        found.or_else(|| some_way_to_the_end(&program, 10_000))
    };
    let page = game(&playable, way).unwrap();
    let (_, rest) = page.split_once("id=\"data\">").unwrap();
    let (data, _) = rest.split_once("</script>").unwrap();
    let data = serde_json::from_str(data).unwrap();
    (page, data)
}

fn at<'a>(value: &'a Value, path: &[usize]) -> &'a Value {
    path.iter().fold(value, |value, &index| &value[index])
}

fn index(value: &Value) -> usize {
    usize::try_from(value.as_u64().unwrap()).unwrap()
}

fn text<'a>(data: &'a Value, id: &Value) -> &'a str {
    data["texts"][index(id)].as_str().unwrap()
}

/// The page's states are those of the map, and each of its moves leads where the game leads.
fn check_edges(name: &str) {
    let scenario = scenario(name);
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let (_, data) = paged(&scenario, MOST_STATES);
    let map = Map::whole(&program, MOST_STATES).unwrap();
    assert_eq!(data["states"].as_array().unwrap().len(), map.states.len(), "{name}");
    for (number, node) in map.states.iter().enumerate() {
        let state = &data["states"][number];
        let fate = [Fate::Safe, Fate::Doomed, Fate::Deadlocked, Fate::Finished].iter().position(|of| *of == node.fate);
        assert_eq!(index(&state[0]), fate.unwrap(), "{name}: {number}");
        let moves = state[6].as_array().unwrap();
        assert_eq!(moves.len(), 2 * node.moves.len(), "{name}: {number}");
        for (pair, arc) in moves.chunks(2).zip(&node.moves) {
            let made = &data["moves"][index(&pair[0])];
            assert_eq!((index(&made[0]), index(&pair[1])), (arc.who, arc.to), "{name}: {number}");
            let step = scenario.processes[arc.who].steps[arc.step].to_string();
            assert!(text(&data, &made[1]).starts_with(&step), "{name}: {made}");
            assert!(!text(&data, &made[2]).is_empty(), "{name}: {made}");
        }
    }
}

#[test]
fn the_page_has_every_state_and_every_move() {
    for name in ["philosophers 2", "philosophers 3", "deadlock 2", "detect 2", "banker", "locked-quick 2", "wal 2"] {
        check_edges(name);
    }
}

/// Plays on the page as its script does, and compares goal and verdict with those of the game.
fn check_game(name: &str, moves: &[usize], goal: &str, reached: bool) {
    let scenario = scenario(name);
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let (_, data) = paged(&scenario, MOST_STATES);
    let mut game = Game::new(&scenario, &program);
    let (mut state, mut lost, mut refused) = (0, 0, 0);
    for &who in moves {
        game.make(Choice { who, ends: false }).unwrap();
        let moves = data["states"][state][6].as_array().unwrap();
        let pair = moves.chunks(2).find(|pair| index(&data["moves"][index(&pair[0])][0]) == who).unwrap();
        let made = &data["moves"][index(&pair[0])];
        lost += index(&made[3]);
        refused += index(&made[4]) & 1;
        state = index(&pair[1]);
    }
    let verdict = Verdict::of(&game, None);
    let aim = &data["goals"][0];
    assert_eq!(aim["id"], goal, "{name}");
    assert_eq!(aim["least"].as_u64().map(|least| least as usize), verdict.shortest, "{name}");
    assert_eq!((lost as u64, refused), (verdict.lost, verdict.refused), "{name}");
    let is_reached = data["states"][state][0] == aim["fate"] && (lost == 0 || aim["keeps"] == false);
    assert_eq!((is_reached, verdict.reached), (reached, reached), "{name}");
    let said = &data["verdicts"][index(&data["states"][state][5])];
    let words = text(&data, at(said, &[1, 0, usize::from(!reached)]));
    let many = |forms: &Value, count: usize| match count {
        0 => String::new(),
        1 => forms[0].as_str().unwrap().to_owned(),
        _ => forms[1].as_str().unwrap().replace(MADE, &count.to_string()),
    };
    let made = match moves.len() {
        0 => data["words"]["made"][0].as_str().unwrap().to_owned(),
        1 => data["words"]["made"][1].as_str().unwrap().to_owned(),
        count => data["words"]["made"][2].as_str().unwrap().replace(MADE, &count.to_string()),
    };
    let far = format!("{made}{}", aim["far"][usize::from(aim["least"] != moves.len())].as_str().unwrap());
    let harms = &data["words"]["harms"];
    let text = words.replace(FAR, &far).replace(MADE, &made)
        + &many(&harms[0], refused)
        + &many(&harms[1], lost)
        + text(&data, &said[0]);
    assert_eq!(text, verdict.text(&game), "{name}");
}

#[test]
fn the_page_judges_as_the_game_does() {
    check_game("philosophers 2", &[], "deadlock", false);
    check_game("philosophers 2", &[0], "deadlock", false);
    check_game("philosophers 3", &[0, 1, 2], "deadlock", true);
    check_game("philosophers 2", &[0, 0, 0, 0, 1, 1, 1, 1], "deadlock", false);
    check_game("deadlock 2", &[0, 0, 1, 1], "deadlock", true);
    check_game("banker", &[0, 1, 2], "deadlock", false);
    check_game("locked-quick 2", &[0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1], "finish", true);
    check_game("locked-quick 2", &[0, 0, 1, 1, 0, 1, 1, 1, 0, 0, 0], "finish", false);
    check_game("detect 2", &[0, 0, 1, 1], "finish", false);
    check_game("detect 2", &[0, 0, 1, 1, 0, 1, 1, 1, 1], "finish", true);
    check_game("ordering 2", &[0], "finish", false);
}

/// The goals of a page, each with its sentence.
fn check_goals(name: &str, most_states: usize, whole: bool, expected: &[&str]) {
    let scenario = scenario(name);
    let (page, data) = paged(&scenario, most_states);
    let goals: Vec<&str> =
        data["goals"].as_array().unwrap().iter().map(|goal| goal["text"].as_str().unwrap()).collect();
    assert_eq!(goals, expected, "{name}");
    assert_eq!(page.contains("id=\"part\""), !whole, "{name}");
    assert_eq!(page.contains("<fieldset id=\"goals\""), goals.len() > 1, "{name}");
}

#[test]
fn the_goal_and_when_it_is_reached_are_said() {
    const DEADLOCK: &str = "It is reached when nobody can move and somebody has not ended.";
    let deadlock = |least: &str| format!("make it deadlock in as few moves as you can: {least} at least. {DEADLOCK}");
    let end = |least: &str| format!("bring everyone to the end{least}. It is reached when all have ended.");
    check_goals("philosophers 2", MOST_STATES, true, &[&deadlock("2 moves"), &end(": 8 moves at least")]);
    check_goals("deadlock 2", MOST_STATES, true, &[&deadlock("4 moves")]);
    check_goals("ordering 2", MOST_STATES, true, &[&end(": 10 moves at least")]);
    check_goals(
        "locked-quick 2",
        MOST_STATES,
        true,
        &["bring everyone to the end without losing a record: 12 moves at least. It is reached when all have ended \
           and no record is lost."],
    );
    // Too large: only what a shortest deadlock needs, or one way to the end.
    check_goals("philosophers 5", 1_742, false, &[&deadlock("5 moves")]);
    check_goals("philosophers 8", MOST_STATES, false, &[&deadlock("8 moves")]);
    check_goals("ordering 12", 1_000, false, &[&end("")]);
}

#[test]
fn what_can_not_be_played_is_refused() {
    let scenario = scenario("philosophers 5");
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let playable = Playable { scenario: &scenario, program: &program, source: None, said: None, most_states: 10 };
    let error = game(&playable, || None).unwrap_err().to_string();
    assert!(error.contains("there are too many states for a page, which takes 40,000 states or 5 MB"), "{error}");
    let (whole, _) = paged(&scenario, MOST_STATES);
    assert!(whole.len() < 400_000, "{}", whole.len());
}

/// Names stay text, on the page and in the command.
#[test]
fn hostile_names_stay_text() {
    let toml = |names: [&str; 2]| {
        let process =
            |name: &str| format!("[[process]]\nname = {}\nsteps = [\"lock A\", \"unlock A\"]\n", Value::from(name));
        let title = Value::from("</script><script>alert(1)</script>".to_owned() + &"x".repeat(9_900));
        format!("title = {title}\non = \"flock\"\n{}{}", process(names[0]), process(names[1]))
    };
    let check = |names: [&str; 2], words: [&str; 2], quoted: [&str; 2]| {
        let (page, data) = paged(&scenario(&toml(names)), MOST_STATES);
        for forbidden in ["<script>alert", "<img", "\u{202e}", "<b>said"] {
            assert!(!page.contains(forbidden), "`{forbidden}` in {page}");
        }
        for who in 0..2 {
            assert_eq!(data["processes"][who]["word"], words[who], "{names:?}");
            assert_eq!(data["processes"][who]["quoted"], quoted[who], "{names:?}");
        }
        assert!(page.len() < 60_000, "{}", page.len());
    };
    check(["P1", "P2"], ["P1", "P2"], ["P1", "P2"]);
    check(["<img/src=x>", "b'\"$(x)"], ["<img/src=x>", "b'\"$(x)"], ["<img/src=x>", "b'\\''\"$(x)"]);
    // What a page would not show as it is, goes by its number.
    check(["a\u{202e}b", "</script>"], ["1", "2"], ["1", "2"]);
}

/// A command for real processes, unless a refusal, a time-out or units are among the moves.
#[test]
fn the_page_names_the_command() {
    let (_, data) = paged(&scenario("philosophers 2"), MOST_STATES);
    assert_eq!(data["words"]["real"], serde_json::json!(["lesson run it.toml --schedule '", "'"]));
    assert_eq!(data["words"]["model"], serde_json::json!(["lesson play it.toml --moves '", "'"]));
    let flags = |name: &str| {
        let (_, data) = paged(&scenario(name), MOST_STATES);
        let all = data["moves"].as_array().unwrap().iter().map(|made| index(&made[4])).collect::<Vec<_>>();
        all.into_iter().fold(0, |all, flags| all | flags)
    };
    assert_eq!(flags("philosophers 2"), 0);
    assert_eq!(flags("banker"), 2);
    assert_eq!(flags("locked-quick 2"), 3);
    let lasting = "title = \"t\"\non = \"flock\"\n[[process]]\nname = \"a\"\nfor = \"1s\"\n\
                   steps = [\"lock A\", \"unlock A\"]\n";
    assert_eq!(flags(lasting), 4);
}

#[test]
fn the_ids_that_others_rely_on_are_there() {
    let (page, _) = paged(&scenario("philosophers 2"), MOST_STATES);
    let ids = [
        "goal",
        "verdict",
        "schedule",
        "command",
        "copy",
        "undo",
        "redo",
        "restart",
        "hint",
        "hint-text",
        "locks",
        "graph",
        "history",
    ];
    for id in ids {
        assert_eq!(page.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
    }
}

/// Where a time-out may fire at any moment, the page says why its command plays the moves again.
#[test]
fn moves_of_a_database_are_played_not_run() {
    for (name, said) in [("locked", true), ("deadlock 2", false)] {
        let (page, _) = paged(&scenario(name), MOST_STATES);
        assert_eq!(page.contains("A time-out may fire at any moment here."), said, "{name}");
    }
}
