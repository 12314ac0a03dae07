//! The game, its verdicts, its keys and its screen.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use snapbox::{IntoData as _, assert_data_eq, str};

use super::{Choice, Desk, Flow, Game, Hint, Key, Verdict, draw};
use crate::model::{Attempts, Program};
use crate::scenario::{Scenario, builtin, parse, parse_schedule};

/// A built-in scenario, or two processes with these programs on flock.
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
        parse(&format!("title = \"t\"\non = \"flock\"\n{processes}"), "test").unwrap()
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
    let verdict = Verdict::of(&game);
    format!("{}, {}", if verdict.reached { "reached" } else { "not reached" }, verdict.text(&game))
}

const CROSSED: &str = "lock A, lock B, unlock B, unlock A | lock B, lock A, unlock A, unlock B";

#[test]
fn verdicts() {
    let ring = "P1 waits for B, which P2 holds; P2 waits for A, which P1 holds";
    let table: [(&str, &str, &str); 12] = [
        (CROSSED, "", "not reached, The game is still open, in 0 moves."),
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
            "crash | lock A, meet, unlock A | lock A within 1s, meet, unlock A",
            "2 2 3 1",
            "not reached, The game is still open, in 4 moves. 1 refusal. 1 process killed.",
        ),
        (
            "lock A, meet, unlock A | lock A, meet, unlock A",
            "1 1",
            "reached, Deadlock in 2 moves, and no way is shorter: P1 waits at the meeting for P2; P2 waits for A, which \
             P1 holds.",
        ),
    ];
    for (name, moves, expected) in table {
        assert_eq!(verdict(name, moves), expected, "{name}: {moves}");
    }
}

#[test]
fn units_that_somebody_else_may_give_back_are_no_deadlock() {
    assert_eq!(verdict("banker", "1 2 3"), "not reached, The game is still open, in 3 moves.");
    assert_eq!(
        verdict("banker", "1 2 3 2 2"),
        "reached, Deadlock in 5 moves, and no way is shorter: P1 waits for money, which P3 holds; P3 waits for money, \
         which P1 holds."
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
        "deadlock",
        "1",
        "From here a deadlock is certain. A way to the goal takes 3 moves more: P1 moves next (meet).",
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

/// Presses the keys, `^` for up, `v` for down, `\n` for Enter; what is said then, and who is marked.
fn check_keys(name: &str, keys: &str, moves: usize, chosen: usize, said: &str) {
    let scenario = scenario(name);
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let mut desk = Desk::new(Game::new(&scenario, &program), false);
    for key in keys.chars() {
        assert_eq!(desk.press(key_of(key)), Flow::Stay, "{keys:?}");
    }
    let found = (desk.game().past().len(), desk.chosen + 1, desk.message.1.as_str());
    assert_eq!(found, (moves, chosen, said), "{name}: {keys:?}");
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

/// What is on a screen of this size behind these keys.
fn screen(name: &str, keys: &str, (width, height): (u16, u16)) -> String {
    let scenario = scenario(name);
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let mut desk = Desk::new(Game::new(&scenario, &program), false);
    keys.chars().for_each(|key| assert_eq!(desk.press(key_of(key)), Flow::Stay));
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, &desk, false)).unwrap();
    let cells = terminal.backend().buffer().content().chunks(width.into());
    let row = |cells: &[ratatui::buffer::Cell]| cells.iter().map(|cell| cell.symbol()).collect::<String>();
    cells.map(|cells| row(cells).trim_end().to_owned() + "\n").collect()
}

#[test]
fn a_usual_screen() {
    assert_data_eq!(
        screen("philosophers 3", "12h", (80, 24)),
        str![[r#"
Goal: make it deadlock in as few moves as you can (shortest: 3). Moves: 2.
Processes ──────────────────────────────────────────────────────────────────────
 1 P1  blocked by P2  lock A [lock B] unlock B unlock A
 2 P2  can move       lock B [lock C] unlock C unlock B
▶3 P3  can move       [lock C] lock A unlock A unlock C
Locks ─────────────────────────────────  Who waits for whom ────────────────────
A  held by P1                            P1 ──waits for B──▶ P2
B  held by P2; P1 waits
C  free
Lanes, one second a move ───────────────────────────────────────────────────────
   0 s                                                                 10.00 s
P1         ███████▄▄▄▄▄▄▄▄
P2                ████████
P3
█ holds, ▄ holds and waits





From here a deadlock can still be avoided. A way to the goal takes 1 move more:
P3 moves next (lock C).

number move  u undo  r redo  R restart  h hint  ? help  q quit

"#]]
        .raw()
    );
    assert_data_eq!(
        screen("philosophers 3", "123", (80, 24)),
        str![[r#"
Goal: make it deadlock in as few moves as you can (shortest: 3). Moves: 3.
Processes ──────────────────────────────────────────────────────────────────────
 1 P1  blocked by P2  lock A [lock B] unlock B unlock A
 2 P2  blocked by P3  lock B [lock C] unlock C unlock B
▶3 P3  blocked by P1  lock C [lock A] unlock A unlock C
Locks ─────────────────────────────────  Who waits for whom ────────────────────
A  held by P1; P3 waits                  ┌▶ P1 ──waits for B──▶ P2
B  held by P2; P1 waits                  │  P2 ──waits for C──▶ P3
C  held by P3; P2 waits                  └─ P3 ──waits for A──▶ P1
Lanes, one second a move ───────────────────────────────────────────────────────
   0 s                                                                 10.00 s
P1         ███████▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
P2                ████████▄▄▄▄▄▄▄
P3                        ▄▄▄▄▄▄▄
█ holds, ▄ holds and waits





The goal is reached. Deadlock in 3 moves, and no way is shorter: P1 waits for B,
which P2 holds; P2 waits for C, which P3 holds; P3 waits for A, which P1 holds.

number move  u undo  r redo  R restart  h hint  ? help  q quit

"#]]
        .raw()
    );
    assert_data_eq!(
        screen("banker", "123", (80, 24)),
        str![[r#"
Goal: make it deadlock in as few moves as you can (shortest: 5). Moves: 3.
Processes ──────────────────────────────────────────────────────────────────────
 1 P1  blocked by P2 and P3  lock money 4 [lock money 5] unlock money
 2 P2  can move              lock money 2 [lock money 2] unlock money
▶3 P3  blocked by P1 and P2  lock money 2 [lock money 5] unlock money
Locks ─────────────────────────────────  Who waits for whom ────────────────────
money  2 of 10 free: P1 4, P2 2 and P3…  P1 ──waits for money──▶ P2 and P3
                                         P3 ──waits for money──▶ P1 and P2
Lanes, one second a move ───────────────────────────────────────────────────────
   0 s                                                                 10.00 s
P1         ███████▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
P2                ███████████████
P3                        ▄▄▄▄▄▄▄
█ holds, ▄ holds and waits






P3: lock money 2.


number move  u undo  r redo  R restart  h hint  ? help  q quit

"#]]
        .raw()
    );
    assert_data_eq!(
        screen("locked", "1122", (80, 24)),
        str![[r#"
Goal: bring everyone to the end without losing a record; no schedule can
deadlock. Moves: 4.
Processes ──────────────────────────────────────────────────────────────────────
 1 P1  can move  (round 1/2) begin insert [work 3s] commit
▶2 P2  can move  (round 2/2) [begin] insert work 3s commit
 3 P3  can move  (round 1/2) [begin] insert work 3s commit
Locks ─────────────────────────────────  Who waits for whom ────────────────────
database  held by P1 (RESERVED)          nobody waits
Lanes, one second a move ───────────────────────────────────────────────────────
   0 s                                                                 10.00 s
P1                ███████████████████████
P2                        ·······✗
P3
█ holds, · waits, ✗ refused






P2: insert: refused; a record is lost.


number move  u undo  r redo  R restart  h hint  ? help  q quit

"#]]
        .raw()
    );
    assert_data_eq!(
        screen("philosophers 3", "?", (80, 24)),
        str![[r#"
You are the scheduler: you say who moves.

1 to 9    this process makes its next step
up, down  mark a process; Enter moves it
u, r      take a move back, make it again
R         begin anew
h         a hint: what can still happen
q, Esc    leave; Ctrl-C: at once

A process whose lock is taken can't move until it
is free. One that may be refused gives up when it
is moved. With --real it may be told: then it asks
and waits; and no move can be taken back.
[Brackets] mark the step where a process stands.

Any key goes back.









"#]]
        .raw()
    );
}

#[test]
fn a_narrow_screen() {
    assert_data_eq!(
        screen("philosophers 3", "123", (50, 20)),
        str![[r#"
Goal: make it deadlock in as few moves as you can
(shortest: 3). Moves: 3.
Processes ────────────────────────────────────────
 1 P1  blocked by P2  lock A [lock B] unlock B un…
 2 P2  blocked by P3  lock B [lock C] unlock C un…
▶3 P3  blocked by P1  lock C [lock A] unlock A un…
Locks ────────────────────────────────────────────
A  held by P1; P3 waits
B  held by P2; P1 waits
C  held by P3; P2 waits
Who waits for whom ───────────────────────────────
┌▶ P1 ──waits for B──▶ P2
│  P2 ──waits for C──▶ P3
└─ P3 ──waits for A──▶ P1

The goal is reached. Deadlock in 3 moves, and no
way is shorter: P1 waits for B, which P2 holds; P2
waits for C, which P3 holds; P3 waits for A, which
P1 holds.
number move  u undo  h hint  ? help  q quit

"#]]
        .raw()
    );
    assert_data_eq!(
        screen("locked", "1122h", (50, 20)),
        str![[r#"
Goal: bring everyone to the end without losing a
record; no schedule can deadlock. Moves: 4.
Processes ────────────────────────────────────────
 1 P1  can move  (round 1/2) … insert [work 3s] c…
▶2 P2  can move  (round 2/2) [begin] insert work …
 3 P3  can move  (round 1/2) [begin] insert work …
Locks ────────────────────────────────────────────
database  held by P1 (RESERVED)
Who waits for whom ───────────────────────────────
nobody waits
Lanes, one second a move ─────────────────────────
   0 s                                   10.00 s
P1          ██████████████
P2               ····✗
P3
█ holds, · waits, ✗ refused
From here no schedule can deadlock. The goal can't
be reached any more: take moves back.

number move  u undo  h hint  ? help  q quit

"#]]
        .raw()
    );
    assert_data_eq!(
        screen("philosophers 3", "?", (50, 20)),
        str![[r#"
You are the scheduler: you say who moves.

1 to 9    this process makes its next step
up, down  mark a process; Enter moves it
u, r      take a move back, make it again
R         begin anew
h         a hint: what can still happen
q, Esc    leave; Ctrl-C: at once

A process whose lock is taken can't move until it
is free. One that may be refused gives up when it
is moved. With --real it may be told: then it asks
and waits; and no move can be taken back.
[Brackets] mark the step where a process stands.

Any key goes back.





"#]]
        .raw()
    );
}

#[test]
fn a_small_screen_shows_what_matters_most() {
    assert_data_eq!(
        screen("philosophers 30", "vvvvvvvvvvvvvvvvvvvvv\n", (60, 14)),
        str![[r#"
Goal: make it deadlock, or else bring everyone to the end;
none was found among the first 1000000 moves. Moves: 1.
Processes ──────────────────────────────────────────────────
 17 P17  can move  [lock L17] lock L18 unlock L18 unlock L17
 18 P18  can move  [lock L18] lock L19 unlock L19 unlock L18
 19 P19  can move  [lock L19] lock L20 unlock L20 unlock L19
 20 P20  can move  [lock L20] lock L21 unlock L21 unlock L20
 21 P21  can move  [lock L21] lock L22 unlock L22 unlock L21
▶22 P22  can move  lock L22 [lock L23] unlock L23 unlock L22
… 6 of 30 shown
P22: lock L22.


number move  u undo  h hint  ? help  q quit

"#]]
        .raw()
    );
    assert_data_eq!(
        screen("deadlock", "1", (40, 12)),
        str![[r#"
Goal: make it deadlock in as few moves
as you can (shortest: 4). Moves: 1.
Processes ──────────────────────────────
▶1 P1  can move  lock A [meet] lock B u…
 2 P2  can move  [lock B] meet lock A u…
Locks ──────────────────────────────────
A  held by P1
B  free
P1: lock A.


number move  u undo  h hint  ? help  q q

"#]]
        .raw()
    );
    assert_data_eq!(
        screen("deadlock", "1", (39, 12)),
        str![[r#"
play needs 40 x 12 characters












"#]]
        .raw()
    );
    assert_data_eq!(
        screen("deadlock", "1", (10, 1)),
        str![[r#"
play need…

"#]]
        .raw()
    );
}
