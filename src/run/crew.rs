//! The workers as processes: started, told, ended.

use std::collections::BTreeSet;
use std::io::{self, PipeWriter, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;

use super::wire::{Actor, Job, Order};
use super::{Interrupted, Unfit, is_interrupted};
use crate::machine::limits;
use crate::scenario::{DATABASE, LockKind, Scenario, Step};

/// All workers of a run. Dropped, it leaves none behind.
pub(super) struct Crew {
    workers: Vec<Worker>,
    /// Index of the worker of each process of the scenario.
    worker_of: Vec<usize>,
}

struct Worker {
    child: Child,
    /// The leash: it ends when this is dropped.
    orders: ChildStdin,
    actors: Vec<usize>,
    /// Its end was seen.
    reaped: bool,
}

/// One worker is started at a time: where a pipe and its close-on-exec flag are two steps (macOS), a worker started in
/// between would inherit another one's leash, and hold it.
static STARTING: Mutex<()> = Mutex::new(());

/// Processes of such a group get no Ctrl-C of the console (`CreateProcess`).
#[cfg(windows)]
const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

/// What each worker is told besides its own program.
pub(super) struct Terms<'a> {
    pub(super) seed: u64,
    pub(super) gated: bool,
    pub(super) temporary: bool,
    pub(super) program: Option<&'a Path>,
}

impl Crew {
    /// Starts the workers in `room`; all of them write to `pipe`.
    pub(super) fn start(scenario: &Scenario, room: &Path, pipe: &PipeWriter, terms: &Terms) -> anyhow::Result<Self> {
        let everybody: Vec<usize> = (0..scenario.processes.len()).collect();
        // Threads share a process; everybody else has one of their own.
        let groups: Vec<Vec<usize>> = match scenario.on {
            LockKind::Mutex => vec![everybody],
            _ => everybody.into_iter().map(|who| vec![who]).collect(),
        };
        // One pipe to each worker, and some for everything else.
        limits::raise_open_files(groups.len() as u64 + 64).map_err(Unfit)?;
        let mut crew = Self { workers: Vec::new(), worker_of: vec![0; scenario.processes.len()] };
        for actors in groups {
            for &who in &actors {
                crew.worker_of[who] = crew.workers.len();
            }
            let started = crew.workers.len();
            if is_interrupted() {
                return Err(Interrupted.into());
            }
            let worker = Worker::start(scenario, room, pipe, terms, actors)
                .map_err(|error| explain(error, started, scenario.processes.len()))?;
            crew.workers.push(worker);
        }
        Ok(crew)
    }

    /// Tells one process.
    pub(super) fn tell(&mut self, who: usize, order: Order) {
        let worker = self.worker_of[who];
        self.workers[worker].tell(order);
    }

    /// Tells every worker.
    pub(super) fn tell_all(&mut self, order: Order) {
        self.workers.iter_mut().for_each(|worker| worker.tell(order));
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.workers.len()
    }

    /// The worker of a process.
    pub(super) fn worker_of(&self, who: usize) -> usize {
        self.worker_of[who]
    }

    /// The processes of a worker.
    pub(super) fn actors_of(&self, worker: usize) -> &[usize] {
        &self.workers[worker].actors
    }

    /// The number of a process on this machine.
    pub(super) fn pid_of(&self, who: usize) -> u32 {
        self.workers[self.worker_of[who]].child.id()
    }

    /// How a worker has died, if it has since the last call.
    pub(super) fn reap_one(&mut self, worker: usize) -> io::Result<Option<ExitStatus>> {
        let worker = &mut self.workers[worker];
        let status = if worker.reaped { None } else { worker.child.try_wait()? };
        worker.reaped |= status.is_some();
        Ok(status)
    }

    /// Those that have died since the last call.
    pub(super) fn reap(&mut self) -> io::Result<Vec<(usize, ExitStatus)>> {
        let mut dead = Vec::new();
        for worker in 0..self.workers.len() {
            dead.extend(self.reap_one(worker)?.map(|status| (worker, status)));
        }
        Ok(dead)
    }

    /// Stops all workers where they are, so that none goes on with a lock that another one's end sets free.
    pub(super) fn freeze(&self) {
        #[cfg(unix)]
        for worker in self.workers.iter().filter(|worker| !worker.reaped) {
            let pid = nix::unistd::Pid::from_raw(worker.child.id() as i32);
            // One that is gone already needs no stopping.
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGSTOP);
            await_stop(pid);
        }
    }

    /// Ends a worker with SIGKILL, waits until it is gone, and says how it went.
    pub(super) fn kill(&mut self, worker: usize) -> io::Result<ExitStatus> {
        let worker = &mut self.workers[worker];
        worker.child.kill()?;
        worker.reaped = true;
        worker.child.wait()
    }

    /// Waits for a worker that is about to end by itself.
    pub(super) fn wait(&mut self, worker: usize) -> io::Result<ExitStatus> {
        let worker = &mut self.workers[worker];
        worker.reaped = true;
        worker.child.wait()
    }
}

impl Drop for Crew {
    fn drop(&mut self) {
        // All are told first, then waited for: a thousand end together.
        for worker in self.workers.iter_mut().filter(|worker| !worker.reaped) {
            let _ = worker.child.kill();
        }
        for worker in self.workers.iter_mut().filter(|worker| !worker.reaped) {
            let _ = worker.child.wait();
        }
    }
}

impl Worker {
    fn start(
        scenario: &Scenario,
        room: &Path,
        pipe: &PipeWriter,
        terms: &Terms,
        actors: Vec<usize>,
    ) -> anyhow::Result<Self> {
        let names: Vec<&str> = actors.iter().map(|&who| scenario.processes[who].name.as_str()).collect();
        let mut command = match terms.program {
            Some(program) => Command::new(program),
            None => Command::new(std::env::current_exe()?),
        };
        // Ctrl-C goes to the whole group in the foreground. It is for the conductor: a worker that it hit would be
        // reported as crashed if its death is seen first, and the run might end before the interrupt is.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(&mut command, CREATE_NEW_PROCESS_GROUP);
        let starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let mut child = command
            .args(["worker", "--"]) // a process may be called --help
            .arg(names.join(",").chars().take(80).collect::<String>()) // for whoever reads `ps`
            .current_dir(room)
            .stdin(Stdio::piped())
            .stdout(pipe.try_clone()?)
            .spawn()?;
        drop(starting);
        let orders = child.stdin.take().context("a piped standard input is there")?;
        let mut worker = Self { child, orders, actors, reaped: false };
        let mut line = serde_json::to_vec(&worker.job(scenario, terms))?;
        line.push(b'\n');
        worker.orders.write_all(&line)?;
        Ok(worker)
    }

    fn job(&self, scenario: &Scenario, terms: &Terms) -> Job {
        let actors: Vec<Actor> =
            self.actors.iter().map(|&who| Actor { who, process: scenario.processes[who].clone() }).collect();
        let steps = actors.iter().flat_map(|actor| &actor.process.steps);
        let names: BTreeSet<&str> = steps.filter_map(Step::lock_name).filter(|name| *name != DATABASE).collect();
        let locks = names.into_iter().map(|name| (name.to_owned(), scenario.kind_of(name))).collect();
        Job {
            locks,
            actors,
            database: scenario.uses_database().then_some(scenario.on),
            busy_timeout: scenario.busy_timeout(),
            seed: terms.seed,
            gated: terms.gated,
            temporary: terms.temporary,
        }
    }

    fn tell(&mut self, order: Order) {
        // A worker that is gone hears nothing; its end is seen elsewhere.
        let _ = self.orders.write_all(order.line().as_bytes());
    }
}

/// Waits until all threads of a child have stopped, or it is gone; its end is left for others to see.
#[cfg(target_os = "linux")]
fn await_stop(pid: nix::unistd::Pid) {
    use nix::sys::wait::{Id, WaitPidFlag, waitid};
    let seen = WaitPidFlag::WSTOPPED | WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT;
    let _ = waitid(Id::Pid(pid), seen); // fails only for what is no child, which needs no waiting
}

/// Not every system lets one look without taking the news: there the stop takes place a moment later.
#[cfg(all(unix, not(target_os = "linux")))]
fn await_stop(_: nix::unistd::Pid) {}

/// A process that can't be started is nearly always a limit of the machine: say which.
fn explain(error: anyhow::Error, started: usize, wanted: usize) -> anyhow::Error {
    let hint = error.downcast_ref::<io::Error>().and_then(limits::spawn_hint);
    match hint {
        Some(hint) => Unfit(format!("only {started} of {wanted} processes could be started: {hint}")).into(),
        None => error.context(format!("can't start process {} of {wanted}", started + 1)),
    }
}
