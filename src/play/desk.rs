//! A game with somebody at the keyboard: what each key does, and what is said in answer.

use super::game::{Game, Goal};
use super::hint::Hint;
use super::line::Tone;
use super::panes::Scene;
use super::reality::{News, Reality, is_to_stay, sentence};
use super::verdict::{Ending, Verdict};
use super::way::Choice;
use super::words;

/// A key, as far as the game knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// A letter, a digit, a sign.
    Char(char),
    /// The one above.
    Up,
    /// The one below.
    Down,
    /// Take the one that is marked.
    Enter,
    /// Back, and out.
    Escape,
    /// Ctrl-C.
    Interrupt,
}

/// What is to be done after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// The game goes on.
    Stay,
    /// It is over: the learner goes.
    Quit,
    /// The learner goes at once.
    Interrupted,
    /// A real process is to be told to make its next step.
    Tell(usize),
    /// The real processes are to be ended, and new ones started: then [`Desk::begin_anew`].
    Anew,
}

/// What the screen is for at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// Choosing who moves.
    Play,
    /// Reading what the keys do.
    Help,
    /// Choosing what becomes of the process whose time may be over.
    Ask(usize),
}

/// What takes its time to find out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Search {
    /// What there is to reach.
    Goal,
    /// What can still happen.
    Hint,
}

/// A game, the process that is marked, and the last thing that was said.
#[derive(Debug, Clone)]
pub struct Desk<'a> {
    game: Game<'a>,
    real: Option<Reality>,
    search: Option<Search>,
    pub(super) mode: Mode,
    pub(super) chosen: usize,
    pub(super) message: (Tone, String),
    /// Of real processes: what was said since the last key and is not to be overwritten, a refusal for one.
    kept: String,
    /// Of real processes: what was told last and may be overwritten.
    told: String,
}

impl<'a> Desk<'a> {
    /// A game that begins, on the model or (`real`) with processes that do what the model does.
    pub fn new(game: Game<'a>, real: bool) -> Self {
        let message = (Tone::Plain, String::new());
        let real = real.then(|| Reality::new(game.scenario().processes.len()));
        let mut desk = Self {
            game,
            real,
            search: Some(Search::Goal),
            mode: Mode::Play,
            chosen: 0,
            message,
            kept: String::new(),
            told: String::new(),
        };
        desk.greet();
        desk
    }

    /// Whether an answer is to be searched for. Then the desk says so: draw it first, as it may take a second.
    pub fn is_to_search(&self) -> bool {
        self.search.is_some()
    }

    /// Searches for the answer.
    pub fn search(&mut self) {
        match self.search.take() {
            Some(Search::Goal) => drop(self.game.goal()),
            Some(Search::Hint) => self.hint(),
            None => {}
        }
    }

    /// The game as it stands.
    pub fn game(&self) -> &Game<'a> {
        &self.game
    }

    /// How the game stands.
    pub fn verdict(&self) -> Verdict {
        Verdict::of(&self.game, self.real.as_ref())
    }

    /// What was heard of the real processes, if there are any.
    pub fn real(&self) -> Option<&Reality> {
        self.real.as_ref()
    }

    /// What is to be seen.
    pub(super) fn scene(&self) -> Scene<'a> {
        match &self.real {
            Some(real) => real.scene(&self.game),
            None => Scene::of(&self.game),
        }
    }

    /// New processes are there, and have done nothing yet.
    pub fn begin_anew(&mut self) {
        self.game.restart();
        (self.kept, self.told) = (String::new(), String::new());
        self.real = self.real.take().map(|_| Reality::new(self.game.scenario().processes.len()));
        self.greet();
    }

    /// Takes in what the real processes tell.
    pub fn hear(&mut self, news: News) {
        let Some(real) = &mut self.real else { return };
        let told = match &news {
            News::Event(event) => sentence(&self.game, event),
            News::Over(Err(error)) => Some(format!("The run has failed: {error}.")),
            _ => None,
        };
        let stays = matches!(&news, News::Event(event) if is_to_stay(event));
        let over = matches!(news, News::Over(_));
        let before = self.game.past().len();
        real.hear(&mut self.game, news);
        let made = &self.game.past()[before..];
        if told.is_none() && !over && made.is_empty() {
            return;
        }
        let lost = made.iter().map(|made| made.lost).sum();
        match told {
            Some(told) if stays => self.kept = words::joined(&self.kept, &told),
            Some(told) => self.told = told,
            None => {}
        }
        self.kept = words::joined(&self.kept, &words::loss(lost, self.game.known_goal()));
        self.take_stock(&words::joined(&self.kept, &self.told));
    }

    /// The goal in one sentence, with the number of moves made.
    pub(super) fn headline(&self) -> String {
        let moves = self.game.past().len();
        let Some(goal) = self.game.known_goal() else {
            return format!("Goal: looking whether it can deadlock ... Moves: {moves}.");
        };
        let text = words::goal(self.game.scenario(), goal);
        match goal {
            Goal::Deadlock(shortest) => format!("Goal: {text} (shortest: {shortest}). Moves: {moves}."),
            _ => format!("Goal: {text}. Moves: {moves}."),
        }
    }

    /// Does what a key asks for.
    pub fn press(&mut self, key: Key) -> Flow {
        if key == Key::Interrupt {
            return Flow::Interrupted;
        }
        match self.mode {
            Mode::Help => self.mode = Mode::Play,
            Mode::Ask(who) => self.answer(who, key),
            Mode::Play => return self.play(key),
        }
        Flow::Stay
    }

    fn play(&mut self, key: Key) -> Flow {
        let last = self.game.scenario().processes.len() - 1;
        match key {
            Key::Escape | Key::Char('q') => return Flow::Quit,
            Key::Up => self.chosen = self.chosen.saturating_sub(1),
            Key::Down => self.chosen = (self.chosen + 1).min(last),
            Key::Enter => return self.choose(self.chosen),
            Key::Char('u' | 'r') if self.real.is_some() => {
                let text = "What real processes have done can't be undone. R ends them and begins anew.";
                self.say(Tone::Warn, text.into());
            }
            Key::Char('R') if self.real.is_some() => return Flow::Anew,
            Key::Char('?') => self.mode = Mode::Help,
            Key::Char('h') => {
                self.search = Some(Search::Hint);
                self.say(Tone::Plain, "Looking ahead ...".into());
            }
            Key::Char('u') => {
                let undone = self.game.undo();
                self.take_stock(if undone { "Taken back." } else { "There is no move to take back." });
            }
            Key::Char('r') => {
                let redone = self.game.redo();
                self.take_stock(if redone { "Made again." } else { "There is no move to make again." });
            }
            Key::Char('R') => {
                self.game.restart();
                self.greet();
            }
            Key::Char(digit @ '1'..='9') => {
                let who = digit as usize - '1' as usize;
                if who <= last {
                    return self.choose(who);
                }
                self.say(Tone::Warn, format!("There is no process {}.", who + 1));
            }
            _ => {}
        }
        Flow::Stay
    }

    /// One process is to move.
    fn choose(&mut self, who: usize) -> Flow {
        self.chosen = who;
        if let Some(real) = &mut self.real {
            if let Some(why) = real.why_not(&self.game, who) {
                self.say(Tone::Warn, format!("It can't be told: {why}."));
                return Flow::Stay;
            }
            real.tell(who);
            (self.kept, self.told) = (String::new(), String::new());
            return Flow::Tell(who);
        }
        match self.game.choices_of(who).as_slice() {
            [_, _, ..] => {
                self.mode = Mode::Ask(who);
                let name = words::name(self.game.scenario(), who);
                self.say(
                    Tone::Name,
                    format!(
                        "With this step a round of {name} is over. 1: it begins another one. 2: its time is over, it \
                         ends. Esc: neither."
                    ),
                );
            }
            _ => self.make(Choice { who, ends: false }),
        }
        Flow::Stay
    }

    fn answer(&mut self, who: usize, key: Key) {
        match key {
            Key::Char('1') => self.make(Choice { who, ends: false }),
            Key::Char('2') => self.make(Choice { who, ends: true }),
            Key::Escape => self.greet(),
            _ => return,
        }
        self.mode = Mode::Play;
    }

    fn make(&mut self, choice: Choice) {
        let position = self.game.position();
        let process = &self.game.scenario().processes[choice.who];
        let step = words::step(process, &position.processes[choice.who]).map(ToString::to_string);
        match self.game.make(choice) {
            Err(impossible) => self.say(Tone::Warn, format!("{impossible}.")),
            Ok(()) => {
                let told = self.game.told();
                let last = self.game.past().last().zip(told.last());
                let outcome = last.map(|(made, events)| words::outcome(made, events));
                let outcome = outcome.filter(|words| !words.is_empty()).map(|words| format!(": {words}"));
                let lost = self.game.past().last().map_or(0, |made| made.lost);
                let gone = words::goal_gone(lost, self.game.known_goal());
                let name = words::name(self.game.scenario(), choice.who);
                let step = step.unwrap_or_default();
                let done = format!("{name}: {step}{}.", outcome.unwrap_or_default());
                self.take_stock(&words::joined(&done, &gone));
            }
        }
    }

    /// Says what was done, and, if there is anything to say of it, how the game stands.
    fn take_stock(&mut self, done: &str) {
        let verdict = self.verdict();
        let text = verdict.text(&self.game);
        let next = match &self.real {
            None if verdict.reached => "",
            None => " u takes moves back.",
            Some(real) if real.end().is_some() || real.is_stuck(&self.game) => " R begins anew.",
            Some(_) if verdict.ending == Ending::Deadlocked => " Let those who have not asked yet ask.",
            Some(_) => "",
        };
        let kept = if self.kept.is_empty() { String::new() } else { format!("{} ", self.kept) };
        match (verdict.ending, verdict.reached) {
            (Ending::Open, _) if verdict.cycle.is_empty() => self.say(Tone::Plain, done.to_owned()),
            (Ending::Open, _) => self.say(Tone::Warn, format!("{done} {text}")),
            (_, true) => self.say(Tone::Good, format!("{kept}The goal is reached. {text}{next}")),
            (_, false) => self.say(Tone::Bad, format!("{kept}{text}{next}")),
        }
    }

    fn hint(&mut self) {
        let hint = Hint::of(&self.game);
        if let Some(next) = hint.goal.moves().and_then(<[_]>::first) {
            self.chosen = next.who;
        }
        self.say(Tone::Name, hint.text(&self.game));
    }

    fn greet(&mut self) {
        let many = self.game.scenario().processes.len() > 9;
        let how = if many { "its number, or the arrows and Enter" } else { "its number" };
        self.say(Tone::Plain, format!("Who makes the next step? Press {how}. ? tells what the other keys do."));
    }

    fn say(&mut self, tone: Tone, text: String) {
        self.message = (tone, text);
    }
}
