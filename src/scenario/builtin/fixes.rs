//! The troubles and their fixes: what `lesson fixed` compares.

use std::time::Duration;

use super::super::{
    Backoff, Begin, DEFAULT_BUSY_TIMEOUT, Jitter, LockKind, OnDeadlock, Process, Retry, Scenario, Step, duration,
};
use super::{Ring, crew, leave, take};

/// What a fix is a fix for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Trouble {
    /// Writers meet at the database, and nobody waits.
    Writers,
    /// A transaction that reads first and then wants to write.
    ReadThenWrite,
    /// A reader keeps a writer from its COMMIT.
    LongReader,
    /// Two or more processes wait for each other in a ring.
    Ring,
    /// A tight loop of writers.
    Load,
}

impl Trouble {
    /// Those of an SQLite database.
    pub const LOCKED: [Self; 3] = [Self::Writers, Self::ReadThenWrite, Self::LongReader];
}

/// A trouble or its fix: a scenario, why it works, what it costs.
#[derive(Debug, Clone, Copy)]
pub struct Fix {
    /// Its name on the command line and in the table.
    pub name: &'static str,
    /// What it is a fix for.
    pub trouble: Trouble,
    /// It is the trouble itself, for comparison: here rows are lost or processes hang.
    pub broken: bool,
    /// Why it works, or why it does not.
    pub why: &'static str,
    /// What it costs.
    pub cost: &'static str,
    /// Makes the scenario.
    pub scenario: fn(&Sizes) -> Scenario,
}

/// How large the scenarios of a table are.
#[derive(Debug, Clone, PartialEq)]
pub struct Sizes {
    /// How many processes.
    pub processes: usize,
    /// Records of each process.
    pub records: u32,
    /// How long a task takes.
    pub task: Duration,
    /// How long a tight loop goes on.
    pub load_for: Duration,
}

impl Default for Sizes {
    /// 3 processes, 2 records, 300 ms: both tables in a few seconds.
    fn default() -> Self {
        Self { processes: 3, records: 2, task: Duration::from_millis(300), load_for: Duration::from_secs(2) }
    }
}

impl Sizes {
    /// Patience that outlasts everybody else's tasks.
    fn patience(&self) -> Duration {
        let all = self.task.saturating_mul(self.records.saturating_mul(self.processes as u32)).saturating_mul(2);
        all.clamp(DEFAULT_BUSY_TIMEOUT, duration::LONGEST)
    }

    /// Everybody does these steps once for each record.
    fn writers(&self, title: &str, busy_timeout: Duration, steps: &[Step]) -> Scenario {
        let process = |_| Process { rounds: Some(self.records), ..Process::new("", steps.to_vec()) };
        let mut scenario = crew(self.processes, LockKind::Sqlite, process);
        scenario.title = title.into();
        scenario.busy_timeout = Some(busy_timeout);
        scenario
    }

    fn ring(&self) -> Scenario {
        let mut scenario = Ring { processes: self.processes, ..Ring::crossed() }.scenario();
        for process in &mut scenario.processes {
            // lock, meet, lock, here, unlock, unlock
            process.steps.insert(3, Step::Work(self.task));
        }
        scenario
    }

    fn load(&self, title: &str, busy_timeout: Duration, retry: Option<Retry>) -> Scenario {
        let work = Step::Work(Duration::from_millis(5));
        let steps = [Step::Begin(Begin::Immediate), Step::Insert, work, Step::Commit];
        let mut scenario = self.writers(title, busy_timeout, &steps);
        for process in &mut scenario.processes {
            (process.rounds, process.lasting, process.retry) = (None, Some(self.load_for), retry.clone());
        }
        scenario
    }
}

/// Exponential back-off with full jitter.
fn jittered(base_ms: u64, cap_ms: u64, attempts: u32) -> Retry {
    let (base, cap) = (Duration::from_millis(base_ms), Duration::from_millis(cap_ms));
    Retry { backoff: Backoff::Exponential, base, cap, jitter: Jitter::Full, attempts }
}

/// An advisory flock in front of the database: waiters sleep in the kernel instead of asking again and again. It is no
/// strict line: who asks at the very moment when the lock is let go may come first.
fn with_queue(mut scenario: Scenario) -> Scenario {
    scenario.locks.insert("queue".into(), LockKind::Flock);
    for process in &mut scenario.processes {
        process.steps.insert(0, take("queue"));
        process.steps.push(leave("queue"));
    }
    scenario
}

fn writing(begin: Begin, read_first: bool, sizes: &Sizes) -> Vec<Step> {
    let mut steps = vec![Step::Begin(begin)];
    steps.extend(read_first.then_some(Step::Select));
    steps.extend([Step::Insert, Step::Work(sizes.task), Step::Commit]);
    steps
}

/// Writers that work before BEGIN, and one reader that holds its transaction open for longer than they wait.
fn long_reader(sizes: &Sizes, on: LockKind, title: &str) -> Scenario {
    let writer = [Step::Work(sizes.task), Step::Begin(Begin::Immediate), Step::Insert, Step::Commit];
    let mut scenario = sizes.writers(title, sizes.task.saturating_mul(2).min(duration::LONGEST), &writer);
    let reads = sizes.task.saturating_mul(2 * sizes.records + 2).min(duration::LONGEST);
    scenario.on = on;
    scenario.processes.push(Process::new(
        "reader",
        vec![Step::Begin(Begin::Deferred), Step::Select, Step::Work(reads), Step::Commit],
    ));
    scenario
}

/// Every trouble and every fix, in the order of the tables.
pub const FIXES: [Fix; 20] = [
    Fix {
        name: "none",
        trouble: Trouble::Writers,
        broken: true,
        why: "with a timeout of 0 whoever finds the database locked is refused at once",
        cost: "rows are lost, and the program goes on as if nothing had happened",
        scenario: |s| s.writers("Nobody waits", Duration::ZERO, &writing(Begin::Deferred, false, s)),
    },
    Fix {
        name: "busy-timeout",
        trouble: Trouble::Writers,
        broken: false,
        why: "SQLite asks again and again until the timeout; it has to outlast everybody before you",
        cost: "patience, not a queue: it sleeps up to 100 ms between two looks, and nobody is next in line",
        scenario: |s| s.writers("Everybody is patient", s.patience(), &writing(Begin::Deferred, false, s)),
    },
    Fix {
        name: "retry",
        trouble: Trouble::Writers,
        broken: false,
        why: "roll back, pause for a random time that grows, do the whole transaction again",
        cost: "more attempts, and long pauses that overshoot the moment when the lock comes free",
        scenario: |s| {
            let steps = writing(Begin::Deferred, false, s);
            let mut scenario = s.writers("Everybody tries again later", Duration::ZERO, &steps);
            let cap = (s.task.as_millis() as u64).max(10);
            scenario.processes.iter_mut().for_each(|process| process.retry = Some(jittered(10, cap, 200)));
            scenario
        },
    },
    Fix {
        name: "short",
        trouble: Trouble::Writers,
        broken: false,
        why: "the long work is done before BEGIN: the lock is held for the INSERT and COMMIT only",
        cost: "what was read before BEGIN may be out of date; a short timeout is still needed",
        scenario: |s| {
            let steps = [Step::Work(s.task), Step::Begin(Begin::Immediate), Step::Insert, Step::Commit];
            s.writers("The work comes before the transaction", s.patience(), &steps)
        },
    },
    Fix {
        name: "queue",
        trouble: Trouble::Writers,
        broken: false,
        why: "an flock before BEGIN IMMEDIATE: waiters sleep in the kernel, which wakes one when the lock is free",
        cost: "every writer has to take it; and who asks just as it is let go can still push in",
        scenario: |s| {
            let steps = writing(Begin::Immediate, false, s);
            with_queue(s.writers("Everybody stands in line", Duration::ZERO, &steps))
        },
    },
    Fix {
        name: "read-first",
        trouble: Trouble::ReadThenWrite,
        broken: true,
        why: "who reads and then wants to write while another writes is refused at once: no wait could help",
        cost: "rows are lost although the timeout was long enough",
        scenario: |s| s.writers("Read, then write", s.patience(), &writing(Begin::Deferred, true, s)),
    },
    Fix {
        name: "immediate",
        trouble: Trouble::ReadThenWrite,
        broken: false,
        why: "BEGIN IMMEDIATE takes the write lock while nothing is held yet, so SQLite may wait for it",
        cost: "the lock is held from the first read on; a timeout is still needed",
        scenario: |s| s.writers("Wait at the door", s.patience(), &writing(Begin::Immediate, true, s)),
    },
    Fix {
        name: "long-reader",
        trouble: Trouble::LongReader,
        broken: true,
        why: "with a rollback journal COMMIT needs a file without readers, and this one outlasts the timeout",
        cost: "rows are lost: the writer's in COMMIT, and those of the writers behind it",
        scenario: |s| long_reader(s, LockKind::Sqlite, "A reader that stays"),
    },
    Fix {
        name: "wal",
        trouble: Trouble::LongReader,
        broken: false,
        why: "readers keep reading their snapshot while the writer appends to the log",
        cost: "still one writer at a time; two more files; not on a network file system",
        scenario: |s| long_reader(s, LockKind::SqliteWal, "A reader with a snapshot"),
    },
    Fix {
        name: "crossed",
        trouble: Trouble::Ring,
        broken: true,
        why: "each holds what another wants, and nobody lets go",
        cost: "nothing moves until somebody is ended from outside",
        scenario: Sizes::ring,
    },
    Fix {
        name: "ordering",
        trouble: Trouble::Ring,
        broken: false,
        why: "all take the locks in one agreed order: whoever holds the highest can always finish",
        cost: "a rule that every line of code has to follow; the locks must be known beforehand",
        scenario: |s| {
            let mut scenario = s.ring();
            scenario.title = "Everybody takes the locks in one order".into();
            for process in &mut scenario.processes {
                let names: Vec<String> = process.steps.iter().filter_map(Step::lock_name).map(str::to_owned).collect();
                let (first, second) = if names[0] < names[1] { (&names[0], &names[1]) } else { (&names[1], &names[0]) };
                process.steps = vec![take(first), take(second), Step::Work(s.task), leave(second), leave(first)];
            }
            scenario
        },
    },
    Fix {
        name: "try-lock",
        trouble: Trouble::Ring,
        broken: false,
        why: "who finds the second lock taken lets the first one go, pauses for a random time and starts again",
        cost: "work is thrown away; without jitter all could do it in lockstep for ever (livelock)",
        scenario: |s| second_lock(s, "Nobody holds and waits", Duration::ZERO),
    },
    Fix {
        name: "timeout",
        trouble: Trouble::Ring,
        broken: false,
        why: "a wait that ends by itself breaks the cycle",
        cost: "suspicion, not proof: a slow holder looks the same as a deadlock; everybody loses the timeout first",
        scenario: |s| second_lock(s, "Nobody waits for ever", Duration::from_millis(100)),
    },
    Fix {
        name: "one-lock",
        trouble: Trouble::Ring,
        broken: false,
        why: "with one lock for all there is no second one to wait for",
        cost: "processes that never shared anything now wait for each other",
        scenario: |s| {
            let mut scenario = s.ring();
            scenario.title = "One lock for all".into();
            for process in &mut scenario.processes {
                process.steps = vec![take("all"), Step::Work(s.task), leave("all")];
            }
            scenario
        },
    },
    Fix {
        name: "detect",
        trouble: Trouble::Ring,
        broken: false,
        why: "somebody keeps the wait-for graph, sees the cycle close and ends one process in it",
        cost: "the victim's work is lost; somebody has to watch",
        scenario: |s| Scenario {
            title: "A detector ends a victim".into(),
            on_deadlock: OnDeadlock::Victim,
            ..s.ring()
        },
    },
    Fix {
        name: "load-none",
        trouble: Trouble::Load,
        broken: true,
        why: "with a timeout of 0 and no retry a busy database means lost work",
        cost: "nearly every attempt is refused",
        scenario: |s| s.load("A tight loop, nobody waits", Duration::ZERO, None),
    },
    Fix {
        name: "load-timeout",
        trouble: Trouble::Load,
        broken: false,
        why: "SQLite's handler sleeps longer and longer, up to 100 ms; who has just written asks again first",
        cost: "one process may write all the time while others starve",
        scenario: |s| s.load("A tight loop with busy_timeout", DEFAULT_BUSY_TIMEOUT, None),
    },
    Fix {
        name: "load-sleep",
        trouble: Trouble::Load,
        broken: false,
        why: "asking every millisecond finds the lock free sooner",
        cost: "thousands of calls for nothing, and still nobody is next in line",
        scenario: |s| {
            let base = Duration::from_millis(1);
            let (backoff, jitter) = (Backoff::Constant, Jitter::None);
            let retry = Retry { backoff, base, cap: base, jitter, attempts: 100_000 };
            s.load("A tight loop that asks every millisecond", Duration::ZERO, Some(retry))
        },
    },
    Fix {
        name: "load-retry",
        trouble: Trouble::Load,
        broken: false,
        why: "back-off with full jitter brings the throughput back with few calls",
        cost: "not the fairness: luck decides who is next",
        scenario: |s| s.load("A tight loop with back-off and jitter", Duration::ZERO, Some(jittered(1, 100, 10_000))),
    },
    Fix {
        name: "load-queue",
        trouble: Trouble::Load,
        broken: false,
        why: "waiters sleep in the kernel, which wakes one the moment the lock is free",
        cost: "every writer has to take the flock first; it is a line with pushing, not with numbers",
        scenario: |s| with_queue(s.load("A tight loop with a queue", Duration::ZERO, None)),
    },
];

/// The ring with a limited wait for the second lock, and a jittered retry of everything.
fn second_lock(sizes: &Sizes, title: &str, limit: Duration) -> Scenario {
    let mut scenario = sizes.ring();
    scenario.title = title.into();
    for process in &mut scenario.processes {
        for step in process.steps.iter_mut().skip(1) {
            if let Step::Lock { within, .. } = step {
                *within = Some(limit);
            }
        }
        process.retry = Some(jittered(10, 500, 200));
    }
    scenario
}

/// The fix of this name.
pub fn fix(name: &str) -> Option<&'static Fix> {
    FIXES.iter().find(|fix| fix.name == name)
}
