//! `--real`: a run in a thread of its own, told move by move from outside.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::{self, Scope, ScopedJoinHandle};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};

use crate::play::{Game, News, Reality};
use crate::report::clean;
use crate::run::{self, Arena, Interrupted, Options, Schedule, Watcher, is_interrupted};
use crate::scenario::{Scenario, duration};
use crate::trace::{Event, Witness};

/// How long a deadlock of `--moves` is watched before it is ended. On a terminal it stays until the learner has seen
/// enough: what the screen shows of it has to be there.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// How often the kernel is asked.
const KERNEL: Duration = Duration::from_millis(100);

/// The processes of one run after another.
pub(super) struct Crew<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    scenario: &'env Scenario,
    patience: Duration,
    led: Option<Led<'scope>>,
}

/// A run that goes on, and the two ways to it.
struct Led<'scope> {
    moves: Sender<usize>,
    news: Receiver<News>,
    run: ScopedJoinHandle<'scope, ()>,
}

/// Starts the processes of a scenario and plays with them. None is left behind, whatever comes of it: they are ended
/// when nobody leads them any more.
/// A deadlock is ended when it was watched for `patience`.
pub(super) fn on_real_locks<T>(
    scenario: &Scenario,
    patience: Duration,
    play: impl FnOnce(Crew) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    thread::scope(|scope| {
        let led = Some(lead(scope, scenario, patience)?);
        play(Crew { scope, scenario, patience, led })
    })
}

fn lead<'scope, 'env>(
    scope: &'scope Scope<'scope, 'env>,
    scenario: &'env Scenario,
    patience: Duration,
) -> anyhow::Result<Led<'scope>> {
    let arena = Arena::new(None)?;
    let (moves, player) = mpsc::channel();
    let (sender, news) = mpsc::channel();
    let run = scope.spawn(move || {
        let options = Options {
            arena: &arena,
            label: "play".into(),
            seed: 1,
            patience,
            schedule: Schedule::Player(&player),
            deadline: Some(duration::LONGEST), // somebody thinks
            program: None,
        };
        let mut reporter = Reporter { sender: sender.clone(), asked: Instant::now() };
        let end = run::run(scenario, &options, &mut reporter);
        let end = end.map(Box::new).map_err(|error| clean(&format!("{error:#}")));
        let _ = sender.send(News::Over(end)); // nobody may listen any more
    });
    Ok(Led { moves, news, run })
}

impl Crew<'_, '_> {
    /// Tells a process to make its next step.
    pub(super) fn tell(&mut self, who: usize) {
        if let Some(led) = &self.led {
            let _ = led.moves.send(who); // a run that is over says so itself
        }
    }

    /// What was told since the last call.
    pub(super) fn news(&mut self) -> Vec<News> {
        self.led.iter().flat_map(|led| led.news.try_iter()).collect()
    }

    /// Ends the processes and starts new ones.
    pub(super) fn replace(&mut self) -> anyhow::Result<()> {
        if let Some(Led { moves, run, .. }) = self.led.take() {
            drop(moves);
            ensure!(run.join().is_ok(), "the run panicked");
        }
        self.led = Some(lead(self.scope, self.scenario, self.patience)?);
        Ok(())
    }

    /// Makes the moves of a list, each when the one before is done or kept waiting. If then nobody can go on, the run
    /// is watched to its end.
    pub(super) fn make(&mut self, game: &mut Game, moves: &[usize]) -> anyhow::Result<Reality> {
        let mut real = Reality::new(self.scenario.processes.len());
        for (index, &who) in moves.iter().enumerate() {
            if let Some(why) = real.why_not(game, who) {
                bail!("move {} can't be made: {why}", index + 1);
            }
            real.tell(who);
            self.tell(who);
            self.listen(game, &mut real, Reality::is_quiet)?;
        }
        let is_over = |real: &Reality| real.end().is_some();
        if real.is_stuck(game) {
            self.listen(game, &mut real, |real, _| is_over(real))?;
        } else {
            // The answer that is on its way may be older than the last move.
            let fresh = real.kernel_asked() + 2;
            self.listen(game, &mut real, |real, _| is_over(real) || real.kernel_asked() >= fresh)?;
        }
        match real.end() {
            Some(Err(error)) => bail!("{error}"),
            _ => Ok(real),
        }
    }

    /// Takes in what is told until it is so. A run that says nothing for too long is given up.
    fn listen(
        &mut self,
        game: &mut Game,
        real: &mut Reality,
        is_so: impl Fn(&Reality, &Game) -> bool,
    ) -> anyhow::Result<()> {
        const MOMENT: Duration = Duration::from_millis(20);
        let limit = Instant::now() + self.scenario.longest();
        let Some(led) = &self.led else { bail!("there is no run") };
        while !is_so(real, game) {
            if is_interrupted() {
                return Err(Interrupted.into());
            }
            match led.news.recv_timeout(MOMENT) {
                Ok(news) => real.hear(game, news),
                Err(RecvTimeoutError::Timeout) if Instant::now() < limit => {}
                Err(_) => bail!("the processes did something else than the model: please report it"),
            }
        }
        Ok(())
    }
}

/// Passes on what the conductor sees.
struct Reporter {
    sender: Sender<News>,
    /// When the kernel was asked last.
    asked: Instant,
}

impl Reporter {
    fn pass(&self, news: News) -> anyhow::Result<()> {
        let _ = self.sender.send(news); // a player that has left is noticed by the conductor
        Ok(())
    }
}

impl Watcher for Reporter {
    fn event(&mut self, event: &Event) -> anyhow::Result<()> {
        self.pass(News::Event(event.clone()))
    }

    fn stepped(&mut self, who: usize) -> anyhow::Result<()> {
        self.pass(News::Stepped(who))
    }

    fn asks_kernel(&mut self) -> bool {
        let is_time = self.asked.elapsed() >= KERNEL;
        if is_time {
            self.asked = Instant::now();
        }
        is_time
    }

    fn kernel(&mut self, witness: Option<Witness>) -> anyhow::Result<()> {
        self.pass(News::Kernel(witness.map_or_else(Vec::new, |witness| witness.lines)))
    }
}
