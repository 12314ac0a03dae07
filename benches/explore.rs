//! How fast the explorer is, as a ratio to SPIN in the same run: `cargo bench --bench explore [N]`.
//!
//! The work is the philosophers' table (10 of them by default), all states and the nearest deadlock. Every measurement
//! has a process of its own, so that its memory is its own. Without `spin` and `cc` only our own figures are shown.

#![allow(clippy::print_stdout)] // the figures are its output

use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use lesson::explore::{Task, Wanted, explore};
use lesson::model::{Attempts, Program};
use lesson::scenario::builtin::philosophers;

/// What is measured: a name, and whether to count schedules (with the probability of a deadlock), to keep the states,
/// to stop at the first deadlock.
const WORKS: [(&str, [bool; 3]); 4] = [
    ("all states", [false, false, false]),
    ("all states, with the number of schedules", [true, false, false]),
    ("all states, kept for what is asked afterwards", [true, true, false]),
    ("the nearest deadlock", [false, true, true]),
];

/// Runs of each, unless one takes longer than [`LONG`]; the fastest counts.
const RUNS: usize = 3;

/// Noise does not matter to a run that takes so long.
const LONG: Duration = Duration::from_secs(30);

/// What one run took.
#[derive(Clone, Copy)]
struct Cost {
    states: u64,
    time: Duration,
    /// MiB at the most.
    memory: f64,
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [work, number] = arguments.as_slice() {
        return measure(work.parse().expect("a work"), number.parse().expect("a number"));
    }
    let number: usize = arguments.first().map_or(10, |argument| argument.parse().expect("a number of philosophers"));
    println!("{number} philosophers; the fastest of {RUNS} runs of each\n");
    let spin = tempfile::tempdir().expect("a temporary directory");
    let theirs = [spin_of(spin.path(), number, false), spin_of(spin.path(), number, true)];
    for (work, (name, how)) in WORKS.iter().enumerate() {
        let mine = fastest(|| Some(ours(work, number))).expect("at least one run");
        print!("{name:46} {:>9.3} s {:>7.0} MiB {:>12} states", mine.time.as_secs_f64(), mine.memory, mine.states);
        match theirs[usize::from(how[2])] {
            Some(spin) => println!(
                "; SPIN {:.2} s, {:.0} MiB: {:.1} x the time, {:.1} x the memory",
                spin.time.as_secs_f64(),
                spin.memory,
                spin.time.as_secs_f64() / mine.time.as_secs_f64(),
                spin.memory / mine.memory
            ),
            None => println!("; spin or cc is missing: no comparison"),
        }
    }
    ExitCode::SUCCESS
}

fn fastest(run: impl Fn() -> Option<Cost>) -> Option<Cost> {
    let mut best = run()?;
    for _ in 1..RUNS {
        if best.time < LONG {
            best = run().filter(|cost| cost.time < best.time).unwrap_or(best);
        }
    }
    Some(best)
}

/// One work in a process of its own.
fn ours(work: usize, number: usize) -> Cost {
    let program = std::env::current_exe().expect("our own path");
    let done = Command::new(program).args([work.to_string(), number.to_string()]).output().expect("we start again");
    let text = String::from_utf8(done.stdout).expect("numbers");
    let [states, micros, kib] = text.split_whitespace().collect::<Vec<_>>()[..] else { panic!("{text}") };
    let time = Duration::from_micros(micros.parse().expect("microseconds"));
    Cost { states: states.parse().expect("states"), time, memory: kib.parse::<f64>().expect("KiB") / 1024.0 }
}

/// Does one work, and prints the states, the microseconds and the KiB that it took.
fn measure(work: usize, number: usize) -> ExitCode {
    let (_, [count, keep, first]) = WORKS[work];
    let scenario = philosophers(number);
    let program = Program::compile(&scenario, Attempts::Counted).expect("it fits");
    let first = first.then_some(Wanted::Deadlock);
    let task = Task { count, keep, first, max_states: u64::from(u32::MAX), max_bytes: 16 << 30 };
    let start = Instant::now();
    let found = explore(&program, &program.start(), &task, &mut |_| true).expect("it fits");
    println!("{} {} {}", found.states, start.elapsed().as_micros(), memory_kib());
    ExitCode::SUCCESS
}

/// The most memory that this process has had (`proc_pid_status(5)`); 0 where the system does not tell.
fn memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or(0)
}

/// SPIN on the same table, as its users would write it; at the end of its program a process stays where it is, because
/// finishing is no move.
fn spin_of(place: &Path, number: usize, nearest: bool) -> Option<Cost> {
    let model = format!(
        "#define N {number}\nbool f[N];\nactive [N] proctype P() {{\n  atomic {{ !f[_pid] -> f[_pid] = 1 }};\n  \
         atomic {{ !f[(_pid + 1) % N] -> f[(_pid + 1) % N] = 1 }};\n  f[(_pid + 1) % N] = 0;\n  f[_pid] = 0;\nend: \
         (false)\n}}\n"
    );
    std::fs::write(place.join("table.pml"), model).ok()?;
    // To see all states it may not reduce; the nearest deadlock is found by its breadth-first search, reduced.
    let flags: &[&str] = if nearest { &["-DBFS"] } else { &["-DNOREDUCE"] };
    let run = |program: &str, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).current_dir(place).output().ok()?;
        done.status.success().then(|| String::from_utf8_lossy(&done.stdout).into_owned())
    };
    run("spin", &["-a", "table.pml"])?;
    run("cc", &[&["-O2", "-DSAFETY", "-o", "pan", "pan.c"], flags].concat())?;
    let pan = if nearest { vec!["-m100000"] } else { vec!["-m100000", "-c0"] };
    let one = || {
        let start = Instant::now();
        let text = run("./pan", &pan)?;
        let number = |mark: &str| {
            let line = text.lines().find(|line| line.contains(mark))?;
            line.split_whitespace().next()?.parse::<f64>().ok()
        };
        let (states, memory) = (number("states, stored")? as u64, number("total actual memory")?);
        Some(Cost { states, time: start.elapsed(), memory })
    };
    fastest(one)
}
