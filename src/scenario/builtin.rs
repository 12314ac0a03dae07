//! The scenarios that the commands run: the exercise, the certain deadlock, and the fixes of both.

mod fixes;

pub use fixes::{FIXES, Fix, Sizes, Trouble, fix};

use std::time::Duration;

use super::{Begin, DATABASE, LockKind, Process, Scenario, Step};

/// The classic exercise: everybody inserts into one table.
#[derive(Debug, Clone, PartialEq)]
pub struct Exercise {
    /// How many processes.
    pub processes: usize,
    /// Records that each inserts, one transaction each.
    pub records: u32,
    /// How long each works between its INSERT and its COMMIT.
    pub task: Duration,
    /// Patience of every connection.
    pub busy_timeout: Duration,
    /// How a transaction begins.
    pub begin: Begin,
    /// Write-ahead log instead of rollback journal.
    pub wal: bool,
    /// SELECT before INSERT: the upgrade trap.
    pub read_first: bool,
}

impl Exercise {
    /// The exercise as it is handed out: 3 processes, 2 records each, the driver's 5 s.
    pub fn classic(task: Duration) -> Self {
        let (processes, records, busy_timeout) = (3, 2, super::DEFAULT_BUSY_TIMEOUT);
        Self { processes, records, task, busy_timeout, begin: Begin::Deferred, wal: false, read_first: false }
    }

    /// The exercise as a scenario.
    pub fn scenario(&self) -> Scenario {
        let mut steps = vec![Step::Begin(self.begin)];
        steps.extend(self.read_first.then_some(Step::Select));
        steps.push(Step::Insert);
        steps.extend((!self.task.is_zero()).then_some(Step::Work(self.task)));
        steps.push(Step::Commit);
        let (processes, records) = (self.processes, self.records);
        let task = super::duration::format(self.task);
        Scenario {
            title: format!(
                "{} {} each; a task takes {task}",
                if processes == 1 { "1 process inserts".into() } else { format!("{processes} processes insert") },
                if records == 1 { "1 record".into() } else { format!("{records} records") },
            ),
            on: if self.wal { LockKind::SqliteWal } else { LockKind::Sqlite },
            busy_timeout: Some(self.busy_timeout),
            ..crew(processes, LockKind::Sqlite, |_| Process {
                rounds: Some(records),
                ..Process::new("", steps.clone())
            })
        }
    }
}

/// A ring: each takes its own lock, then wants the next one's.
#[derive(Debug, Clone, PartialEq)]
pub struct Ring {
    /// The kind of the locks.
    pub on: LockKind,
    /// How many processes.
    pub processes: usize,
    /// No meeting after the first lock: luck decides.
    pub free: bool,
    /// One more process that waits behind the cycle.
    pub bystander: bool,
    /// Patience of every connection, if the locks are databases.
    pub busy_timeout: Duration,
}

impl Ring {
    /// Two processes on flock, certain to deadlock.
    pub fn crossed() -> Self {
        let busy_timeout = Duration::from_secs(2);
        Self { on: LockKind::Flock, processes: 2, free: false, bystander: false, busy_timeout }
    }

    /// The ring as a scenario.
    pub fn scenario(&self) -> Scenario {
        let n = self.processes;
        let mut scenario = crew(n, self.on, |i| {
            let (mine, next) = (lock_name(i, n), lock_name((i + 1) % n, n));
            let mut steps = vec![take(&mine)];
            steps.extend((!self.free).then_some(Step::Meet));
            steps.extend([take(&next), leave(&next), leave(&mine)]);
            Process::new("", steps)
        });
        scenario.title = format!("{n} processes each hold a lock and want the next one's");
        scenario.busy_timeout = self.on.is_sqlite().then_some(self.busy_timeout);
        if self.bystander {
            let first = lock_name(0, n);
            let mut steps = vec![take(&first), leave(&first)];
            if !self.free {
                steps.insert(0, Step::Meet);
            }
            scenario.title.push_str("; one more waits behind them");
            scenario.processes.push(Process::new(process_name(n), steps));
        }
        scenario
    }
}

/// Dining philosophers: the left fork, then the right one.
pub fn philosophers(n: usize) -> Scenario {
    let mut scenario = Ring { processes: n, free: true, ..Ring::crossed() }.scenario();
    scenario.title = format!("{n} philosophers take the left fork, then the right");
    scenario
}

/// The banker of the textbooks: 10 units of money, and customers who need 9, 4 and 7 of them. Who borrows in two
/// portions waits for the second one with the first one in hand; who borrows all at once does not hold and wait.
/// (Tanenbaum, Modern Operating Systems, "The Banker's Algorithm for a Single Resource".)
pub fn banker(all_at_once: bool) -> Scenario {
    const MONEY: &str = "money";
    let portions = [[4, 5], [2, 2], [2, 5]];
    let mut scenario = crew(portions.len(), LockKind::Flock, |i| {
        let sums = if all_at_once { vec![portions[i].iter().sum()] } else { portions[i].to_vec() };
        let mut steps: Vec<Step> = sums.into_iter().map(|sum| borrow(MONEY, sum)).collect();
        steps.push(leave(MONEY));
        Process::new("", steps)
    });
    let how = if all_at_once { "all at once" } else { "in two portions" };
    scenario.title = format!("3 customers borrow {how}; the bank has 10 units");
    scenario.units.insert(MONEY.into(), 10);
    scenario
}

/// A named scenario to print, copy and change.
#[derive(Debug, Clone)]
pub struct Sample {
    /// Its name.
    pub name: &'static str,
    /// The scenario, in its usual size.
    pub scenario: Scenario,
}

/// The names of the built-in scenarios that are no fixes.
const OTHERS: [&str; 7] = ["locked-quick", "locked", "deadlock", "bystander", "philosophers", "banker", "banker-safe"];

/// Every built-in scenario in its usual size.
pub fn samples() -> Vec<Sample> {
    let names = OTHERS.into_iter().chain(FIXES.iter().map(|fix| fix.name));
    names.filter_map(|name| Some(Sample { name, scenario: named(name, None)? })).collect()
}

/// The built-in scenario of this name, with so many processes (in a ring: at least 2) or as many as is usual; `None` if
/// no scenario is called so. The banker's customers are always three.
pub fn named(name: &str, processes: Option<usize>) -> Option<Scenario> {
    let exercise = |task| {
        let classic = Exercise::classic(task);
        Exercise { processes: processes.unwrap_or(classic.processes), ..classic }.scenario()
    };
    let ring = |bystander| {
        let crossed = Ring::crossed();
        Ring { processes: processes.unwrap_or(crossed.processes), bystander, ..crossed }.scenario()
    };
    Some(match name {
        "locked-quick" => exercise(Duration::ZERO),
        "locked" => exercise(Duration::from_secs(3)),
        "deadlock" => ring(false),
        "bystander" => ring(true),
        "philosophers" => philosophers(processes.unwrap_or(5)),
        "banker" | "banker-safe" => banker(name == "banker-safe"),
        _ => {
            let usual = Sizes::default();
            (fix(name)?.scenario)(&Sizes { processes: processes.unwrap_or(usual.processes), ..usual })
        }
    })
}

/// Whether the built-in scenario of this name comes in several sizes.
pub fn has_sizes(name: &str) -> bool {
    !name.starts_with("banker")
}

/// Names `A` to `Z`, then `L27`, `L28`, ...; as long as the others so that their order is that of the ring.
fn lock_name(index: usize, of: usize) -> String {
    let letter = u8::try_from(index).ok().filter(|_| of <= 26).map(|index| char::from(b'A' + index));
    letter.map_or_else(|| format!("L{:0width$}", index + 1, width = of.to_string().len()), String::from)
}

fn process_name(index: usize) -> String {
    format!("P{}", index + 1)
}

fn crew(n: usize, on: LockKind, process: impl Fn(usize) -> Process) -> Scenario {
    let processes = (0..n).map(|i| Process { name: process_name(i), ..process(i) }).collect();
    Scenario::new(String::new(), on, processes)
}

fn take(name: &str) -> Step {
    debug_assert_ne!(name, DATABASE);
    Step::Lock { name: name.into(), shared: false, units: None, within: None }
}

fn borrow(name: &str, units: u32) -> Step {
    Step::Lock { name: name.into(), shared: false, units: Some(units), within: None }
}

fn leave(name: &str) -> Step {
    Step::Unlock { name: name.into(), units: None }
}
