use std::time::Duration;

use super::*;

fn subject(name: &str) -> Subject {
    let scenario = builtin::named(name, None).expect("built in");
    Subject { built_in: Some(name.into()), scenario }
}

fn times(setting: Setting, ms: &[u64]) -> Axis {
    Axis { setting, values: ms.iter().map(|&ms| Value::Time(Duration::from_millis(ms))).collect() }
}

fn counts(setting: Setting, counts: &[u32]) -> Axis {
    Axis { setting, values: counts.iter().map(|&count| Value::Count(count)).collect() }
}

fn sweep(name: &str, axes: Vec<Axis>) -> Sweep {
    Sweep::new(subject(name), axes, 1, 5).expect("it fits")
}

fn sweep_of_one(axis: Axis) -> Sweep {
    sweep("locked", vec![axis])
}

fn cells(sweep: &Sweep) -> Vec<Cell> {
    sweep.places().map(|(row, column)| sweep.cell(row, column)).collect()
}

/// What is lost in each cell, row by row: fewest and most.
fn check(name: &str, axes: Vec<Axis>, lost: &[(u64, u64)]) -> Sweep {
    let sweep = sweep(name, axes);
    let found: Vec<(u64, u64)> = cells(&sweep)
        .into_iter()
        .map(|cell| cell.found.map(|found| (found.least, found.most)).unwrap_or((99, 99)))
        .collect();
    assert_eq!(found, lost, "{name}");
    sweep
}

#[test]
fn the_exercise_loses_what_it_is_known_to_lose() {
    let timeouts = || times(Setting::BusyTimeout, &[0, 5_000, 8_000, 20_000]);
    let rows = [(4, 4), (2, 2), (1, 1), (0, 0)];
    check("locked", vec![times(Setting::Task, &[3_000]), timeouts()], &rows);
    // In which order they are named does not matter: tasks are the rows.
    let sweep = sweep("locked", vec![timeouts(), times(Setting::Task, &[0, 3_000])]);
    assert_eq!((sweep.rows().setting, sweep.size()), (Setting::Task, (2, 4)));
    let found = cells(&sweep);
    let lost = |index: usize| found[index].found.as_ref().map(|found| (found.expected, found.least, found.most));
    assert_eq!((4..8).map(lost).collect::<Vec<_>>(), rows.map(|(least, most)| Ok((6, least, most))));
    assert_eq!((1..4).map(lost).collect::<Vec<_>>(), [Ok((6, 0, 0)); 3]);
}

#[test]
fn sizes_and_retries_vary_too() {
    let sweep = check(
        "locked",
        vec![counts(Setting::Processes, &[1, 2, 3]), times(Setting::BusyTimeout, &[0, 60_000])],
        &[(0, 0), (0, 0), (2, 2), (0, 0), (4, 4), (0, 0)],
    );
    let expected: Vec<u64> = cells(&sweep).iter().flat_map(|cell| &cell.found).map(|found| found.expected).collect();
    assert_eq!(expected, [2, 2, 4, 4, 6, 6]);
    let retries = vec![counts(Setting::Attempts, &[1, 10_000]), times(Setting::BackoffBase, &[10])];
    check("retry", retries, &[(4, 4), (0, 0)]);
}

#[test]
fn what_has_nothing_to_set_is_refused() {
    let many: Vec<u64> = (0..400).collect();
    let table: [(&str, Vec<Axis>, &str); 9] = [
        ("locked", vec![times(Setting::Task, &[0, 1, 0])], "--task has 0s twice; give each value once"),
        ("deadlock", vec![times(Setting::Task, &[0, 1])], "stores no records"),
        ("load-none", vec![times(Setting::Task, &[0, 1])], "time, not a count"),
        ("locked-quick", vec![times(Setting::Task, &[0, 1])], "no process has a `work` step"),
        ("locked", vec![counts(Setting::Attempts, &[1, 2])], "no process has a `retry`"),
        ("locked", vec![], "nothing is to be varied"),
        (
            "locked",
            vec![times(Setting::Task, &many[..21]), times(Setting::BusyTimeout, &many[..20])],
            "21 x 20 = 420 cells",
        ),
        (
            "retry",
            vec![
                times(Setting::Task, &[0, 1]),
                times(Setting::BusyTimeout, &[0, 1]),
                counts(Setting::Attempts, &[1, 2]),
            ],
            "--task, --busy-timeout and --attempts all have a list",
        ),
        ("locked", vec![times(Setting::Task, &many)], "40000 simulations"),
    ];
    for (name, axes, words) in table {
        let error = Sweep::new(subject(name), axes, 1, 100).expect_err(words).to_string();
        assert!(error.contains(words), "{words} in {error}");
    }
}

#[test]
fn a_cell_that_can_not_be_simulated_says_so() {
    let sweep = sweep("locked", vec![counts(Setting::Processes, &[3, 10_000])]);
    let cells = cells(&sweep);
    assert!(cells[0].found.is_ok());
    let problem = cells[1].found.as_ref().expect_err("too many for the model");
    assert!(problem.contains("10000 processes"), "{problem}");
    let day = times(Setting::Task, &[24 * 3_600_000]);
    let cell = sweep_of_one(day).cell(0, 0);
    assert_eq!(cell.found, Err("a run of it is ended by its deadline, after 1day; use shorter durations".into()));
}

#[test]
fn shades_go_by_quarters_and_a_loss_is_never_nothing() {
    let table = [(0, 0), (1, 1), (10, 1), (15, 1), (16, 2), (30, 2), (45, 3), (46, 4), (60, 4)];
    for (sum, shade) in table {
        let found = Found { expected: 6, least: 0, most: 6, sum, runs: 10, took_us: 0 };
        assert_eq!(found.shade(), shade, "{sum}");
    }
}

#[test]
fn chosen_are_certain_cells_at_the_border_that_take_little_time() {
    let axes = || vec![times(Setting::Task, &[0, 1_000, 3_000]), times(Setting::BusyTimeout, &[0, 5_000, 20_000])];
    let grid = sweep("locked", axes());
    let cells = cells(&grid);
    // Lost with tasks of 0 s: 4, 0, 0, but all is over at once; 1 s: 4, 0, 0; 3 s: 4, 2, 0.
    let chosen: Vec<Vec<usize>> = [0, 1, 3, 5, 9, 99].map(|count| choose(&grid, &cells, count)).into();
    assert_eq!(chosen, [vec![], vec![3], vec![3, 4, 7], vec![3, 4, 6, 7, 8], (0..9).collect(), (0..9).collect()]);
    let long = sweep("locked", vec![times(Setting::Task, &[1, 100_000]), times(Setting::BusyTimeout, &[1_000_000])]);
    assert_eq!(choose(&long, &self::cells(&long), 2), [0], "nobody waits for ten minutes");
    let others = Sweep::new(subject("locked"), axes(), 2, 5).expect("it fits");
    assert_ne!(choose(&others, &cells, 3), choose(&grid, &cells, 3), "the seed picks");
    let simulated = Found { expected: 6, least: 1, most: 2, sum: 7, runs: 5, took_us: 0 };
    let agrees = |lost| Check { row: 0, column: 0, simulated, lost, took_us: 0 }.agrees();
    assert_eq!([0, 1, 2, 3].map(agrees), [false, true, true, false]);
}
