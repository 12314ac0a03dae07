//! The parent of a run: starts the workers, listens, keeps the wait-for graph.

mod verdict;

use std::io::{BufRead, BufReader, PipeReader, PipeWriter};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use super::backend::Database;
use super::clock::now_us;
use super::crew::{Crew, Terms};
use super::moves::{Moves, Standing};
use super::wire::{Message, Order};
use super::{Interrupted, Options, Schedule, Watcher, is_interrupted, possible, witness};
use crate::analysis::{Hold, WaitForGraph};
use crate::scenario::{DATABASE, Scenario};
use crate::trace::{Aftermath, Event, KilledFor, Trace, What};
use verdict::Watch;

/// How often the conductor looks up when nothing is said: for dead workers, an interrupt, the deadline.
const TICK: Duration = Duration::from_millis(20);

/// Carries out a scenario.
///
/// # Errors
/// [`Interrupted`], [`super::Unfit`], or a failure of the machine. A refused lock, a deadlock and a crash are none:
/// they are in the trace.
pub fn run(scenario: &Scenario, options: &Options, watcher: &mut dyn Watcher) -> anyhow::Result<Trace> {
    possible(scenario)?;
    let room = options.arena.room(&options.label)?;
    let keepers = prepare(scenario, &room)?;
    let (reader, writer) = std::io::pipe().context("can't make a pipe")?;
    let terms = Terms {
        seed: options.seed,
        gated: !matches!(options.schedule, Schedule::Luck),
        temporary: options.arena.is_temporary(),
        program: options.program,
    };
    let crew = Crew::start(scenario, &room, &writer, &terms)?;
    let mut conductor = Conductor::new(scenario, options, crew, writer, room.clone(), watcher);
    conductor.listen(reader)?;
    let Conductor { events, mut aftermath, crew, .. } = conductor;
    drop((crew, keepers)); // nobody is left who could still write to the database
    aftermath.took_us = events.iter().map(|event| event.at_us).max().unwrap_or(0);
    if scenario.uses_database() {
        aftermath.database = Some(Database::examine(&room.join(scenario.on.file_of(DATABASE)))?);
    }
    Ok(Trace {
        label: options.label.clone(),
        scenario: scenario.clone(),
        seed: options.seed,
        events,
        outcome: aftermath,
    })
}

/// Makes the databases; lock files are made by those who open them. Gives what keeps the databases open.
fn prepare(scenario: &Scenario, room: &Path) -> anyhow::Result<Vec<Database>> {
    let mut keepers = Vec::new();
    for name in scenario.lock_names() {
        let kind = scenario.kind_of(name);
        if kind.is_sqlite() {
            keepers.extend(Database::create(&room.join(kind.file_of(name)), kind)?);
        }
    }
    Ok(keepers)
}

struct Conductor<'a> {
    scenario: &'a Scenario,
    options: &'a Options<'a>,
    watcher: &'a mut dyn Watcher,
    crew: Crew,
    /// For our own words in the workers' pipe, so that they stand in order with theirs.
    pipe: Option<PipeWriter>,
    room: PathBuf,
    /// The machine's clock at the start; `None` until everybody is ready.
    start_us: Option<u64>,
    deadline: Instant,
    ready: usize,
    /// For each process: it has ended, crashed or been killed.
    ended: Vec<bool>,
    /// For each worker: it is gone, and nothing more will be heard of it.
    gone: Vec<bool>,
    /// For each worker: why we ended it, if we did.
    killed_for: Vec<Option<KilledFor>>,
    /// For each process: it was told to go on from its meeting.
    passed: Vec<bool>,
    moves: Option<Moves<'a>>,
    graph: WaitForGraph,
    /// An untimed cycle was seen and may still be there.
    suspicion: bool,
    watch: Option<Watch>,
    detected: Option<Vec<(usize, String)>>,
    events: Vec<Event>,
    aftermath: Aftermath,
}

impl<'a> Conductor<'a> {
    fn new(
        scenario: &'a Scenario,
        options: &'a Options<'a>,
        crew: Crew,
        pipe: PipeWriter,
        room: PathBuf,
        watcher: &'a mut dyn Watcher,
    ) -> Self {
        let processes = scenario.processes.len();
        let workers = crew.len();
        let deadline = options.deadline.unwrap_or_else(|| scenario.longest());
        Self {
            scenario,
            options,
            watcher,
            crew,
            pipe: Some(pipe),
            room,
            start_us: None,
            deadline: Instant::now() + deadline,
            ready: 0,
            ended: vec![false; processes],
            gone: vec![false; workers],
            killed_for: vec![None; workers],
            passed: vec![false; processes],
            moves: Moves::new(options.schedule.clone(), processes),
            graph: WaitForGraph::new(scenario),
            suspicion: false,
            watch: None,
            detected: None,
            events: Vec::new(),
            aftermath: Aftermath::default(),
        }
    }

    /// Takes in what the workers say until all of them are gone.
    fn listen(&mut self, reader: PipeReader) -> anyhow::Result<()> {
        let messages = read_messages(reader);
        let mut last_tick = Instant::now();
        while self.gone.contains(&false) {
            match messages.recv_timeout(TICK) {
                Ok(message) => self.hear(message?)?,
                // Nothing is said: only then can everybody be stuck.
                Err(RecvTimeoutError::Timeout) => self.consider_deadlock(&messages)?,
                Err(RecvTimeoutError::Disconnected) => bail!("the workers' pipe was closed"),
            }
            if last_tick.elapsed() >= TICK {
                last_tick = Instant::now();
                self.look_up()?;
            }
            self.advance_schedule()?;
        }
        self.pipe = None;
        Ok(())
    }

    fn hear(&mut self, message: Message) -> anyhow::Result<()> {
        match message {
            Message::Event(mut event) => {
                event.at_us = event.at_us.saturating_sub(self.start_us.unwrap_or(event.at_us));
                self.bury_former_holder(&event)?;
                self.take(event)
            }
            Message::Ready { .. } => {
                self.ready += 1;
                if self.ready == self.scenario.processes.len() {
                    self.start_us = Some(now_us());
                    self.crew.tell_all(Order::Start);
                }
                Ok(())
            }
            Message::Stepped { who } => {
                self.moves.iter_mut().for_each(|moves| moves.stepped(who));
                self.watcher.stepped(who)
            }
            Message::Failed { who, text } => bail!(
                "{} failed: {text}; if there is no room to write, choose another place with --dir or TMPDIR",
                self.scenario.processes[who].name
            ),
            Message::Detected { line } => {
                self.detected.get_or_insert_default().extend(line);
                Ok(())
            }
            Message::Gone { worker, how } => self.bury(worker, how, self.now_us()),
        }
    }

    /// Takes an event into the trace and does what it asks for.
    fn take(&mut self, event: Event) -> anyhow::Result<()> {
        self.watch = None; // something moved
        self.graph.apply(&event);
        self.watcher.event(&event)?;
        let (who, what) = (event.who, event.what.clone());
        self.events.push(event);
        match what {
            What::Waits { .. } => self.stop(who)?,
            What::Meets => {
                self.stop(who)?;
                self.open_meetings();
            }
            What::Met => self.passed[who] = false,
            What::Crashes => {
                let worker = self.crew.worker_of(who);
                let status = self.crew.kill(worker)?;
                self.bury(worker, Some(in_words(status)), self.now_us())?;
            }
            What::Ends => {
                // It was its last step, if it was told one.
                if let Some(moves) = &mut self.moves {
                    moves.stepped(who);
                    self.watcher.stepped(who)?;
                }
                self.open_meetings();
                self.end(who)?;
            }
            // Nobody shall wait for one that will not come any more.
            What::Finished { .. } | What::Abandons { .. } | What::Crashed { .. } | What::Killed { .. } => {
                self.open_meetings();
            }
            _ => {}
        }
        Ok(())
    }

    /// A process goes no further for now.
    fn stop(&mut self, who: usize) -> anyhow::Result<()> {
        self.moves.iter_mut().for_each(|moves| moves.stopped(who));
        self.look_for_cycle(who)
    }

    /// Lets those go on who wait at a meeting to which nobody else will come.
    fn open_meetings(&mut self) {
        for who in self.graph.meetings().complete() {
            if !std::mem::replace(&mut self.passed[who], true) {
                self.crew.tell(who, Order::Pass(who));
            }
        }
    }

    /// The run's clock.
    fn now_us(&self) -> u64 {
        now_us().saturating_sub(self.start_us.unwrap_or_else(now_us))
    }

    /// Whoever gets a lock that another process holds, and has not let go, is told of a death before we were: the
    /// system frees the locks of the dead at once. Then the dead comes first in the trace, as it did in the world.
    fn bury_former_holder(&mut self, event: &Event) -> anyhow::Result<()> {
        let What::Gets { lock, mode, .. } = &event.what else { return Ok(()) };
        let in_the_way = |hold: &&Hold| hold.who != event.who && !hold.committing && mode.conflicts_with(hold.mode);
        let Some(dead) = self.graph.holders(lock).iter().find(in_the_way).map(|hold| hold.who) else {
            return Ok(());
        };
        let worker = self.crew.worker_of(dead);
        if self.killed_for[worker].is_some() {
            return self.bury(worker, None, event.at_us);
        }
        let limit = Instant::now() + Duration::from_secs(1);
        while !self.gone[worker] && Instant::now() < limit {
            // Its locks are free already, its end can be seen a moment later.
            if let Some(status) = self.crew.reap_one(worker)? {
                self.bury(worker, Some(in_words(status)), event.at_us)?;
            }
            thread::yield_now();
        }
        Ok(())
    }

    /// A process is at the end of its program; its worker too, if it was the last one in it.
    fn end(&mut self, who: usize) -> anyhow::Result<()> {
        self.ended[who] = true;
        let worker = self.crew.worker_of(who);
        if self.crew.actors_of(worker).iter().all(|&who| self.ended[who]) {
            self.crew.wait(worker)?;
            self.gone[worker] = true;
        }
        Ok(())
    }

    /// A worker is gone before its time, and all that it had written has been heard.
    fn bury(&mut self, worker: usize, how: Option<String>, at_us: u64) -> anyhow::Result<()> {
        if self.start_us.is_none() {
            let how = how.unwrap_or_else(|| "no status".into());
            bail!(
                "a worker died before the run began ({how}); a limit may be the cause: see `ulimit -u` and `ulimit -n`"
            );
        }
        if std::mem::replace(&mut self.gone[worker], true) {
            return Ok(());
        }
        for who in self.crew.actors_of(worker).to_vec() {
            if !std::mem::replace(&mut self.ended[who], true) {
                let how = how.clone().unwrap_or_else(|| "exit status 0".into());
                self.moves.iter_mut().for_each(|moves| moves.stopped(who));
                let what = match self.killed_for[worker] {
                    Some(why) => What::Killed { why },
                    None => What::Crashed { how, locks_left: witness::locks_of(self.crew.pid_of(who)) },
                };
                self.take(Event { at_us, who, what })?;
            }
        }
        Ok(())
    }

    /// What no message tells: an interrupt, the deadline, a worker's death.
    fn look_up(&mut self) -> anyhow::Result<()> {
        if is_interrupted() {
            return Err(Interrupted.into());
        }
        if Instant::now() >= self.deadline && !self.aftermath.deadline {
            self.aftermath.deadline = true;
            return self.kill_everybody(KilledFor::Deadline);
        }
        for (worker, status) in self.crew.reap()? {
            // Through the pipe: so it stands behind what the dead had still written into it.
            let how = Some(in_words(status));
            if let Some(pipe) = &mut self.pipe {
                Message::Gone { worker, how }.send(pipe)?;
            }
        }
        if let Some(start) = self.start_us {
            self.watcher.tick(now_us().saturating_sub(start))?;
            if self.watcher.asks_kernel() {
                let living: Vec<usize> = self.living().collect();
                let witness = witness::kernel(self.scenario, &self.room, &self.crew, &living);
                self.watcher.kernel(witness)?;
            }
        }
        Ok(())
    }

    fn advance_schedule(&mut self) -> anyhow::Result<()> {
        let (Some(moves), Some(_)) = (&mut self.moves, self.start_us) else { return Ok(()) };
        let standing = Standing { scenario: self.scenario, graph: &self.graph, ended: &self.ended };
        if !moves.advance(&standing, &mut self.crew)? {
            self.moves = None;
            self.crew.tell_all(Order::Free);
        }
        Ok(())
    }

    fn living(&self) -> impl Iterator<Item = usize> {
        self.ended.iter().enumerate().filter(|(_, ended)| !**ended).map(|(who, _)| who)
    }

    /// Ends a worker. What it had still said is in the pipe: its end comes behind that.
    fn kill(&mut self, worker: usize, why: KilledFor) -> anyhow::Result<()> {
        if self.gone[worker] || self.killed_for[worker].is_some() {
            return Ok(());
        }
        self.killed_for[worker] = Some(why);
        let how = Some(in_words(self.crew.kill(worker)?));
        if let Some(pipe) = &mut self.pipe {
            Message::Gone { worker, how }.send(pipe)?;
        }
        Ok(())
    }

    fn kill_everybody(&mut self, why: KilledFor) -> anyhow::Result<()> {
        self.moves = None; // what was still to be told is void
        self.crew.freeze();
        (0..self.crew.len()).try_for_each(|worker| self.kill(worker, why))
    }
}

fn read_messages(reader: PipeReader) -> Receiver<anyhow::Result<Message>> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(reader).lines() {
            let message = line
                .context("can't read what the workers say")
                .and_then(|line| serde_json::from_str(&line).with_context(|| format!("a worker said: {line}")));
            if sender.send(message).is_err() {
                return; // the run is over
            }
        }
    });
    receiver
}

fn in_words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        let name = nix::sys::signal::Signal::try_from(signal).map_or("unknown", |signal| signal.as_str());
        return format!("signal {signal} ({name})");
    }
    status.code().map_or_else(|| "no exit status".into(), |code| format!("exit status {code}"))
}
