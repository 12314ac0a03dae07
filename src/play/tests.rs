//! The game, its verdicts and its keys.

mod screen;

use super::{Choice, Desk, Flow, Game, Hint, Key, Verdict};
use crate::model::{Attempts, Program};
use crate::scenario::{LockKind, OnDeadlock, Scenario, builtin, parse, parse_schedule};

/// A built-in scenario, or processes with these programs on flock, with transactions on SQLite; of money there are 10.
fn scenario(name: &str) -> Scenario {
    if let Some((name, processes)) = name.split_once(' ').filter(|_| !name.contains('|')) {
        return builtin::named(name, processes.parse().ok()).unwrap();
    }
    builtin::named(name, None).unwrap_or_else(|| {
        let process = |(who, program): (usize, &str)| {
            let (head, steps) = program.split_once(": ").unwrap_or(("", program));
            let steps: Vec<String> = steps.split(", ").map(|step| format!("\"{}\"", step.trim())).collect();
            format!("[[process]]\nname = \"P{}\"\n{head}\nsteps = [{}]\n", who + 1, steps.join(", "))
        };
        let processes: String = name.split('|').map(str::trim).enumerate().map(process).collect();
        let on = if name.contains("begin") { "sqlite" } else { "flock" };
        let units = if name.contains("money") { "units = { money = 10 }" } else { "" };
        parse(&format!("title = \"t\"\non = \"{on}\"\n{units}\n{processes}"), "test").unwrap()
    })
}

/// Plays the moves; what the verdict is, or which move can't be made and why.
fn verdict(name: &str, moves: &str) -> String {
    let scenario = scenario(name);
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let mut game = Game::new(&scenario, &program);
    for (index, who) in parse_schedule(moves, &scenario).unwrap().into_iter().enumerate() {
        if let Err(impossible) = game.make(Choice { who, ends: false }) {
            return format!("{}: {impossible}", index + 1);
        }
    }
    let verdict = Verdict::of(&game, None);
    format!("{}, {}", if verdict.reached { "reached" } else { "not reached" }, verdict.text(&game))
}

const CROSSED: &str = "lock A, lock B, unlock B, unlock A | lock B, lock A, unlock A, unlock B";

#[test]
fn verdicts() {
    let ring = "P1 waits for B, which P2 holds; P2 waits for A, which P1 holds";
    let table: [(&str, &str, &str); 13] = [
        (CROSSED, "", "not reached, The game is still open, with no move made yet."),
        (CROSSED, "1", "not reached, The game is still open, in 1 move."),
        (CROSSED, "1 2", &format!("reached, Deadlock in 2 moves, and no way is shorter: {ring}.")),
        (
            CROSSED,
            "1 1 1 1 2 2 2 2",
            "not reached, Everyone has come to the end in 8 moves: no deadlock this time. One takes 2 moves.",
        ),
        (
            "work 1s, lock A, lock B, unlock B, unlock A | lock B, lock A, unlock A, unlock B",
            "1 1 2",
            &format!("reached, Deadlock in 3 moves, and no way is shorter: {ring}."),
        ),
        ("philosophers 3", "1 1 1 1 1 2 3 ", "5: P1 has ended"),
        (
            "lock A, lock B, unlock B, unlock A | lock B, lock A, unlock A, unlock B | work 1s",
            "1 2",
            &format!("not reached, A cycle has closed: {ring}. They can't go on; the others still can."),
        ),
        (
            "lock A, lock B, unlock B, unlock A | lock B, lock A, unlock A, unlock B | work 1s",
            "3 1 2",
            &format!("reached, Deadlock in 3 moves, and no way is shorter: {ring}."),
        ),
        (
            "locked-quick 2",
            "1 1 1 2 2 2 1 1 1 2 2 2",
            "reached, Everyone has come to the end in 12 moves, and no way is shorter.",
        ),
        (
            "locked-quick 2",
            "1 1 2 2 1 2 2 2 1 1 1",
            "not reached, Everyone has come to the end in 11 moves, but not unharmed. 1 refusal. 1 record lost.",
        ),
        (
            "rounds = 3: begin, insert, work 1s, insert, commit, crash | begin, insert, insert, commit",
            "1 1 2 2 1 1 1 1",
            "reached, Everyone but P1 has come to the end in 8 moves, and no way is shorter. 1 refusal. 6 records \
             lost. 1 process killed.",
        ),
        (
            "crash | lock A, meet, unlock A | lock A within 1s, meet, unlock A",
            "2 2 3 1",
            "not reached, The game is still open, in 4 moves. 1 refusal. 1 process killed.",
        ),
        (
            "lock A, meet, unlock A | lock A, meet, unlock A",
            "1 1",
            "reached, Deadlock in 2 moves, and no way is shorter: P1 waits at the meeting for P2; P2 waits for A, \
             which P1 holds.",
        ),
    ];
    for (name, moves, expected) in table {
        assert_eq!(verdict(name, moves), expected, "{name}: {moves}");
    }
}

/// Where a victim is ended, the others go on: that is said, and so is that not everyone has come to the end.
#[test]
fn a_kill_is_told() {
    let ring = "P1 waits for B, which P2 holds; P2 waits for A, which P1 holds";
    assert_eq!(
        verdict("detect 2", "1 1 2 2"),
        format!("not reached, A cycle has closed: {ring}. Only the end of P1 or P2 breaks it.")
    );
    assert_eq!(
        verdict("detect 2", "1 1 2 2 1 2 2 2 2"),
        "reached, Everyone but P1 has come to the end in 9 moves, and no way is shorter. 1 process killed."
    );
    assert_eq!(verdict("detect 2", "1 1 2 2 1 1"), "6: P1 was ended");
    // A way without a kill is longer, and still the one that is hinted at.
    let avoidable = r#"lock A, lock B, unlock B, unlock A | lock B, lock A, unlock A, unlock B"#;
    let mut scenario = scenario(avoidable);
    scenario.on_deadlock = OnDeadlock::Victim;
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let game = Game::new(&scenario, &program);
    assert_eq!(game.goal().shortest(), Some(8));
    assert_eq!(
        Hint::of(&game).text(&game),
        "From here no schedule can deadlock. A way to the goal takes 8 moves more: P1 moves next (lock A)."
    );
}

/// What the page says of the last move.
fn check_told(name: &str, moves: &str, told: &str) {
    let mut scenario = scenario(name.trim_end_matches(" on fcntl"));
    if name.ends_with(" on fcntl") {
        scenario.on = LockKind::Fcntl;
    }
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let mut game = Game::new(&scenario, &program);
    for who in parse_schedule(moves, &scenario).unwrap() {
        game.make(Choice { who, ends: false }).unwrap();
    }
    let last = super::page::moves(&game).last().map(|[.., told]| told);
    assert_eq!(last.as_deref(), Some(told), "{name}: {moves}");
}

#[test]
fn what_came_of_a_move_is_told() {
    check_told(CROSSED, "1", "gets A");
    check_told(CROSSED, "1 1 1", "lets B go");
    check_told("banker", "1 2", "gets 2 of money");
    check_told("locked", "1 1", "gets database (RESERVED), inserts a row");
    check_told("locked", "1", "makes its step");
    check_told("locked", "1 1 2 2", "refused: database is locked (SQLITE_BUSY); a record is lost");
    check_told("deadlock on fcntl", "1 1 2 2 1", "refused: Resource deadlock would occur (EDEADLK)");
    check_told("try-lock 2", "1 2 1 2 1", "refused: the lock is taken (EWOULDBLOCK)");
    check_told("timeout 2", "1 2 1 2 1", "refused: the time-out passed (timeout)");
    check_told("detect 2", "1 1 2 2 1", "ended, as the victim");
}

#[test]
fn units_that_somebody_else_may_give_back_are_no_deadlock() {
    assert_eq!(verdict("banker", "1 2"), "not reached, The game is still open, in 2 moves.");
    // P2 can still go on, and holds too few for either.
    assert_eq!(
        verdict("banker", "1 2 3"),
        "not reached, A cycle has closed: P1 waits for 5 of money, of which P3 holds 2; P3 waits for 5 of money, of \
         which P1 holds 4. They can't go on; the others still can."
    );
    // P2 holds enough for either, and the game stays open as long as it does not wait.
    let lent = "lock money 3, lock money 4, unlock money | lock money 5, WAITS unlock money | lock money 2, lock money \
                4, unlock money";
    let served = lent.replace("WAITS", "work 1s,");
    assert_eq!(verdict(&served, "1 2 3"), "not reached, The game is still open, in 3 moves.");
    let stuck = lent.replace("WAITS", "lock money 1,");
    assert_eq!(
        verdict(&stuck, "1 2 3"),
        "reached, Deadlock in 3 moves, and no way is shorter: P1 waits for 4 of money, of which P2 holds 5; P2 waits \
         for 1 of money, of which P1 holds 3."
    );
    assert_eq!(
        verdict("banker", "1 2 3 2 2"),
        "reached, Deadlock in 5 moves, and no way is shorter: P1 waits for 5 of money, of which P3 holds 2; P3 waits \
         for 5 of money, of which P1 holds 4."
    );
}

#[test]
fn a_move_that_is_impossible_is_told_with_the_reason() {
    let table = [
        (CROSSED, "1 2 1", "3: P1 waits for B, which P2 holds"),
        (CROSSED, "1 1 2", "3: P2 waits for B, which P1 holds"),
        (CROSSED, "1 1 1 1 1", "5: P1 has ended"),
        ("crash | lock A, unlock A", "1 1", "2: P1 has crashed"),
        ("deadlock", "1 1 1", "3: P1 waits at the meeting for P2"),
        ("banker", "1 2 3 1", "4: P1 waits for 5 of money, and 2 of 10 are free"),
        (
            "lock A shared, unlock A | lock A shared, unlock A | lock A, unlock A",
            "1 2 3",
            "3: P3 waits for A, which P1 and P2 hold",
        ),
    ];
    for (name, moves, expected) in table {
        assert_eq!(verdict(name, moves), expected, "{name}: {moves}");
    }
}

/// What is hinted behind these moves.
fn check_hint(name: &str, moves: &str, expected: &str) {
    let scenario = scenario(name);
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let mut game = Game::new(&scenario, &program);
    for who in parse_schedule(moves, &scenario).unwrap() {
        game.make(Choice { who, ends: false }).unwrap();
    }
    assert_eq!(Hint::of(&game).text(&game), expected, "{name}: {moves}");
}

#[test]
fn hints() {
    check_hint(
        CROSSED,
        "",
        "From here a deadlock can still be avoided. A way to the goal takes 2 moves more: P1 moves next (lock A).",
    );
    check_hint(
        CROSSED,
        "2",
        "From here a deadlock can still be avoided. A way to the goal takes 1 move more: P1 moves next (lock A).",
    );
    check_hint(
        CROSSED,
        "1 1",
        "From here no schedule can deadlock. The goal can't be reached any more: take moves back.",
    );
    check_hint(CROSSED, "1 2", "Nobody can move any more.");
    check_hint(
        "detect 2",
        "1 1 2 2",
        "From here no schedule can deadlock. A way to the goal takes 5 moves more, with a kill among them: P1 is \
         killed next (lock B).",
    );
    check_hint(
        "deadlock",
        "1",
        "From here a deadlock is certain. A way to the goal takes 3 moves more: P1 moves next (meet).",
    );
    // Who tries again without end may do so for ever.
    let retry = r#"retry = { backoff = "constant", base = "1s", cap = "1s", jitter = "none", attempts = 21 }"#;
    let endless = format!("{retry}: lock C within 1s, unlock C | lock C, unlock C");
    check_hint(
        &format!("{CROSSED} | {endless}"),
        "1 2 4",
        "From here every schedule deadlocks, or goes on and on. A way to the goal takes 3 moves more: P4 moves next \
         (unlock C).",
    );
    check_hint(
        "locked-quick 2",
        "1 1",
        "From here no schedule can deadlock. A way to the goal takes 10 moves more: P1 moves next (commit).",
    );
    check_hint(
        "locked-quick 2",
        "1 1 2 2",
        "From here no schedule can deadlock. The goal can't be reached any more: take moves back.",
    );
}

#[test]
fn a_hint_says_what_time_decides() {
    check_hint(
        "for = \"1s\": lock A, unlock A | lock A, unlock A",
        "1",
        "From here no schedule can deadlock. A way to the goal takes 3 moves more: P1 moves next (unlock A, then its \
         time is over).",
    );
}

#[test]
fn what_takes_too_long_is_said_to_be_unknown() {
    let goal = |name: &str| {
        let scenario = scenario(name);
        let program = Program::compile(&scenario, Attempts::Counted).unwrap();
        super::words::goal(&scenario, Game::new(&scenario, &program).goal())
    };
    assert_eq!(goal("philosophers 10"), "make it deadlock in as few moves as you can");
    assert_eq!(
        goal("philosophers 12"),
        "make it deadlock, if that can be (it was not looked further than 100,000 states), or bring everyone to the end"
    );
    check_hint(
        "philosophers 12",
        "1",
        "Whether a deadlock can be reached is not known: it was not looked further than 100,000 states. A way to the \
         goal was not found.",
    );
    check_hint(
        "philosophers 12",
        "1 2 3 4 5 6",
        "From here a deadlock can still be avoided. A way to the goal takes 6 moves more: P7 moves next (lock G).",
    );
}

/// Presses the keys, `^` for up, `v` for down, `\n` for Enter; what is said then, and who is marked.
fn check_keys(name: &str, keys: &str, moves: usize, chosen: usize, said: &str) {
    let scenario = scenario(name);
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let mut desk = Desk::new(Game::new(&scenario, &program), false);
    press(&mut desk, keys);
    let found = (desk.game().past().len(), desk.chosen + 1, desk.message.1.as_str());
    assert_eq!(found, (moves, chosen, said), "{name}: {keys:?}");
}

/// Presses the keys, and lets it search where it has to.
fn press(desk: &mut Desk, keys: &str) {
    for key in keys.chars() {
        assert_eq!(desk.press(key_of(key)), Flow::Stay, "{keys:?}");
        desk.search();
    }
}

fn key_of(key: char) -> Key {
    match key {
        '^' => Key::Up,
        'v' => Key::Down,
        '\n' => Key::Enter,
        'E' => Key::Escape,
        key => Key::Char(key),
    }
}

#[test]
fn every_key_does_what_the_help_says() {
    let greeting = "Who makes the next step? Press its number. ? tells what the other keys do.";
    let deadlock = "The goal is reached. Deadlock in 2 moves, and no way is shorter: P1 waits for B, which P2 holds; \
                    P2 waits for A, which P1 holds. u takes moves back.";
    let deadlock = deadlock.trim_end_matches(" u takes moves back.");
    check_keys(CROSSED, "", 0, 1, greeting);
    check_keys(CROSSED, "1", 1, 1, "P1: lock A.");
    check_keys(CROSSED, "12", 2, 2, deadlock);
    check_keys(CROSSED, "121", 2, 1, "P1 waits for B, which P2 holds.");
    check_keys(CROSSED, "12u", 1, 2, "Taken back.");
    check_keys(CROSSED, "12uu", 0, 2, "Taken back.");
    check_keys(CROSSED, "12uuu", 0, 2, "There is no move to take back.");
    check_keys(CROSSED, "12ur", 2, 2, deadlock);
    check_keys(CROSSED, "12uur", 1, 2, "Made again.");
    check_keys(CROSSED, "12u1r", 2, 1, "There is no move to make again.");
    check_keys(CROSSED, "12R", 0, 2, greeting);
    check_keys(CROSSED, "12Rrr", 2, 2, deadlock);
    check_keys(CROSSED, "v\n^\n", 2, 1, deadlock);
    check_keys(CROSSED, "vvv^^^", 0, 1, greeting);
    check_keys(CROSSED, "3", 0, 1, "There is no process 3.");
    check_keys(CROSSED, "x?q1", 1, 1, "P1: lock A."); // any key leaves the help
    check_keys(CROSSED, "111122", 6, 2, "P2: lock A.");
}

#[test]
fn where_time_decides_the_learner_does() {
    let name = "for = \"1s\": lock A, unlock A | for = \"1s\"\nrounds = 1: lock A, unlock A";
    let ask = "With this step a round of P1 is over. 1: it begins another one. 2: its time is over, it ends. Esc: \
               neither.";
    check_keys(name, "11", 1, 1, ask);
    check_keys(name, "11x", 1, 1, ask);
    check_keys(name, "111", 2, 1, "P1: unlock A.");
    check_keys(name, "1111", 3, 1, "P1: lock A.");
    check_keys(name, "1121", 2, 1, "P1 has ended.");
    check_keys(name, "11E1", 1, 1, ask);
    check_keys(
        name,
        "11222",
        4,
        2,
        "The goal is reached. Everyone has come to the end in 4 moves, and no way is shorter.",
    );
}

#[test]
fn leaving() {
    let scenario = scenario(CROSSED);
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let desk = Desk::new(Game::new(&scenario, &program), false);
    let table = [(Key::Char('q'), Flow::Quit), (Key::Escape, Flow::Quit), (Key::Interrupt, Flow::Interrupted)];
    for (key, flow) in table {
        assert_eq!(desk.clone().press(key), flow, "{key:?}");
    }
    // Ctrl-C leaves from everywhere, Escape only from the game.
    let mut desk = desk;
    desk.press(Key::Char('?'));
    assert_eq!(desk.clone().press(Key::Interrupt), Flow::Interrupted);
    assert_eq!(desk.press(Key::Escape), Flow::Stay);
}
