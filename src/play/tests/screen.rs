//! What is on the screen, cell by cell.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use snapbox::{IntoData as _, assert_data_eq, str};

use super::super::{Desk, Game, Key, draw};
use super::{press, scenario};
use crate::model::{Attempts, Program};

/// What is on a screen of this size behind these keys.
fn screen(name: &str, keys: &str, (width, height): (u16, u16)) -> String {
    let scenario = scenario(name);
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let mut desk = Desk::new(Game::new(&scenario, &program), false);
    desk.search();
    press(&mut desk, keys);
    drawn(&desk, (width, height))
}

fn drawn(desk: &Desk, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, desk, false)).unwrap();
    let cells = terminal.backend().buffer().content().chunks(width.into());
    let row = |cells: &[ratatui::buffer::Cell]| cells.iter().map(|cell| cell.symbol()).collect::<String>();
    cells.map(|cells| row(cells).trim_end().to_owned() + "\n").collect()
}

/// What takes its time is said before it is done.
#[test]
fn a_search_is_announced() {
    let scenario = scenario("philosophers 12");
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let mut desk = Desk::new(Game::new(&scenario, &program), false);
    let mut shows = |key: Option<Key>, first: &str, then: &str| {
        key.map(|key| desk.press(key));
        assert!(desk.is_to_search());
        assert!(drawn(&desk, (80, 24)).contains(first), "{first}");
        desk.search();
        assert!(!desk.is_to_search());
        let shown = drawn(&desk, (80, 24));
        assert!(shown.contains(then) && !shown.contains(first), "{shown}");
    };
    shows(None, "Goal: looking whether it can deadlock ... Moves: 0.", "Goal: make it deadlock, if that can be");
    shows(Some(Key::Char('h')), "Looking ahead ...", "A way to the goal was not found.");
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

1-3 move  u undo  r redo  R restart  h hint  ? help  q quit

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

1-3 move  u undo  r redo  R restart  h hint  ? help  q quit

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
money  2 of 10 free: P1 4, P2 2 and P3   ┌▶ P1 ──waits for 5 of money──▶ P3
       2; P1 and P3 wait                 └─ P3 ──waits for 5 of money──▶ P1
Lanes, one second a move ───────────────────────────────────────────────────────
   0 s                                                                 10.00 s
P1         ███████▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄
P2                ███████████████
P3                        ▄▄▄▄▄▄▄
█ holds, ▄ holds and waits






P3: lock money 2. A cycle has closed: P1 waits for 5 of money, of which P3 holds
2; P3 waits for 5 of money, of which P1 holds 4. They can't go on; the others
still can.
1-3 move  u undo  r redo  R restart  h hint  ? help  q quit

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






P2: insert: refused: database is locked (SQLITE_BUSY); a record is lost. The
goal can't be reached any more.

1-3 move  u undo  r redo  R restart  h hint  ? help  q quit

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
1-3 move  u undo  r redo  R restart  h hint  ?  q

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

1-3 move  u undo  r redo  R restart  h hint  ?  q

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

/// Where not all can be shown, the lock that was taken last is, and so is the lane of who took it.
#[test]
fn what_was_just_done_can_be_seen() {
    let check = |keys: &str, size: (u16, u16), lines: &[&str]| {
        let shown = screen("philosophers 12", keys, size);
        for line in lines {
            assert!(shown.contains(line), "{line:?} in {shown}");
        }
    };
    check("123456789", (80, 24), &["I  held by P9; P8 waits", "… 3 of 12 shown"]);
    check("1", (80, 24), &["A  held by P1", "… 3 of 12 shown"]);
    check("123456789", (80, 38), &["L  free", "\nP6 ", "\nP9 ", "… 4 of 12 shown"]);
    // A lane is worth more than the legend, and than the scale.
    assert!(screen("philosophers 2", "12", (80, 14)).contains("P2         "));
}

#[test]
fn a_small_screen_shows_what_matters_most() {
    assert_data_eq!(
        screen("philosophers 30", "vvvvvvvvvvvvvvvvvvvvv\n", (60, 14)),
        str![[r#"
Goal: make it deadlock, if that can be (it was not looked
further than 100,000 states), or bring everyone to the end.
Moves: 1.
Processes ──────────────────────────────────────────────────
 18 P18  can move  [lock L18] lock L19 unlock L19 unlock L18
 19 P19  can move  [lock L19] lock L20 unlock L20 unlock L19
 20 P20  can move  [lock L20] lock L21 unlock L21 unlock L20
 21 P21  can move  [lock L21] lock L22 unlock L22 unlock L21
▶22 P22  can move  lock L22 [lock L23] unlock L23 unlock L22
… 5 of 30 shown
P22: lock L22.


1-9, Enter move  u undo  r redo  R restart  h hint  ?  q

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


1-2 move  h hint  ? help  q quit

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
