//! `lesson`: a deadlock and locking teaching simulator.
//!
//! It makes real processes fight over real locks in front of the learner, explains what happened from the evidence, and
//! shows each fix work. Users, in this order: a student who follows `lessons/`; an instructor who collects the results;
//! an engineer whose program says `database is locked` right now.
//!
//! # ARCHITECTURE
//!
//! ```text
//! Scenario  =>  Run { processes | threads | simulated }  =>  Trace  =>  Analysis  =>  Report
//! Scenario  =>  Model  =>  Explore, Play
//! ```
//!
//! What should happen is data ([`scenario`]). What did happen is data ([`trace`]). Everything that the learner sees is
//! a pure function of those two. Each room's own page says more; this is the map:
//!
//! | room | what lives in it |
//! |---|---|
//! | [`cli`] | one file for each subcommand: its arguments and its `run`; the only room that knows the terminal |
//! | [`course`] | the lessons as data: pages, questions, exercises and their proof, progress, what is handed in |
//! | [`home`] | the learner's folder of data: progress that two programs may change at once |
//! | [`check`] | small real probes: can this machine run the lessons? |
//! | [`report`] | one file for each part of a page, and JSON: recording or exploration -> text |
//! | [`picture`] | pages, SVG and files for other viewers: recording, exploration or figures -> something to look at |
//! | [`explore`] | every interleaving: one search, what it counts, cycles, a map: scenario -> numbers, ways, states |
//! | [`export`] | the scenario for SPIN and for TLC: the model's tables -> text |
//! | [`play`] | the learner is the scheduler: the game on the model, what is said of it, how it looks on a screen |
//! | [`analysis`] | the wait-for graph, the lanes, the film, the figures: trace -> meaning; does the model allow it? |
//! | [`run`] | scenario -> trace, for real: the conductor (parent), its workers, a backend for each lock kind |
//! | [`simulate`] | scenario -> trace, in virtual time: the narrator (moves of the model -> events), the clock |
//! | [`sweep`] | a grid of simulations: which records are lost when settings vary, and which cells to run for real |
//! | [`who`] | who holds which lock on this machine: `/proc/locks`, SQLite's bytes; what was seen -> meaning |
//! | [`mystery`] | the hidden culprits of `lesson mystery`: who has it locked, and how each is made |
//! | [`machine`] | what this machine is: operating system, file system, limits, terminal |
//! | [`trace`] | what happened: events, the JSON Lines file |
//! | [`scenario`] | what should happen: types, the step language, TOML, the built-in ones and the fixes |
//! | [`model`] | the rules of locking: which modes conflict, who can move in a state, how long to pause |
//!
//! Arrows point down only:
//!
//! ```text
//! main -> cli -> { home, check, play, report, picture, explore, export, run, sweep, simulate, mystery, who, machine }
//! check -> { run, who, machine }
//! home, report -> course -> { explore, analysis, simulate, trace, scenario, model }
//! play -> { explore, report, simulate, model }
//! picture -> { report, play, explore, sweep, simulate }
//! report -> { explore, sweep, simulate, mystery, who } explore, export -> model
//! who -> { analysis, trace, machine }
//! mystery -> { who, trace, scenario, model }
//! run -> { mystery, who, machine, analysis, trace, scenario, model }
//! sweep -> { simulate, analysis, scenario, model }
//! simulate -> { analysis, trace, scenario, model }
//! report -> analysis -> trace -> scenario              analysis, trace -> model -> scenario
//! machine -> trace
//! ```
//!
//! ## How a run works
//!
//! - **One pipe for all events.** Every worker's standard output is the write end of one pipe. An event is one JSON
//!   line of at most [`trace::LONGEST_EVENT`] bytes written at once, so it arrives whole, and the order of arrival is
//!   one total order.
//! - **The leash.** Each worker has a thread that reads its standard input and ends the process at end of file. If the
//!   conductor dies, `kill -9` included, no worker stays behind, not even one that is blocked in `flock`; as they go,
//!   the workers remove the temporary directory.
//! - **The gate.** The same standard input carries `step`: in a scheduled run a process makes a step only when told.
//!   Before each move all who can go on have done so: a schedule means the same in every run. After the schedule, and
//!   in every other run, nobody is held and luck decides.
//! - **The player.** A schedule may be a list, or come move by move from outside while the run goes on
//!   ([`run::Schedule::Player`]): then a process may be told to make a step in which it will wait. When the player
//!   hangs up, the run ends.
//! - **The guardian.** While `play` has the terminal, a process of our own stands beside it and gives it back if `play`
//!   is killed; the workers end by their leash then (`cli/guardian.rs`).
//! - **The verdict.** The conductor keeps the wait-for graph as events arrive and knows of a cycle at the event that
//!   closes it; who waits at a meeting waits for those who have not come. It then watches for a while that nothing
//!   moves, asks a second witness (`/proc/locks`, or parking_lot's detector), and ends its own children: all are
//!   stopped before any is killed, so that none goes on with what another one's end sets free.
//! - **The dead.** What a worker had still said is in the pipe when it dies: its end is told behind that, through the
//!   same pipe. Whoever gets a lock that somebody holds, and has not let go, is told after that one's death.
//!
//! ## How an exploration works
//!
//! [`model::Program::compile`] lists for each process all the places where it can stand; a state is one place for each,
//! packed into as few words as it takes. One search (`explore/search.rs`) asks the model for the moves from each (or
//! looks them up, made ready once, where nobody does anything but take, wait and let go: `explore/grants.rs`) and
//! hands what they lead to over to a frontier. There are two. Where no program can come back to where it was, every
//! move raises the rank of a state, and two states can be the same only within one rank (`explore/ranks.rs`): two ranks
//! in memory are enough, each in a table that is walked in its own order, and the number of schedules is carried along
//! (`explore/load.rs`: numbers that widen, and never wrap). The probability of a deadlock is so wide that it has a
//! search of its own, up to the last deadlock. Retries without end and `for` break that; then all states are in one
//! list, in order of arrival (`explore/arrivals.rs`), and strongly connected components tell of livelock and
//! starvation. What is asked afterwards (shortest way, safe states) needs all states kept, but no edges: the model
//! gives them again, from the last rank back to the first (`explore/look_back.rs`) or as a graph. Where only the
//! nearest state is asked for in which nobody can move, and nobody can be refused, a step that disturbs nobody is made
//! alone.
//!
//! Where nobody does anything but take, wait and let go, and all combinations of places are not too many, no state is
//! visited alone: each combination has a bit, and a word of them makes a move at once (`explore/grid.rs`). One walk
//! over all words finds the states, a second one counts the schedules, a third one, downwards, the safe states. What
//! that finds is what the search by rank finds, many times as fast; that search is for all other programs, for the
//! nearest deadlock and the chance of one.
//!
//! [`export`] hands the same tables to other checkers, state by state and move by move: they find the same numbers
//! (`tests/export.rs` asks SPIN), and go on where one machine's memory ends.
//!
//! [`explore::Map`] is the other way round: the states of a small scenario with all that is known of each, for
//! whoever draws it. It asks the model, too, and finds what the search finds.
//!
//! ## How the playable page works
//!
//! `picture/game` reads a map state by state and tells each in the words of [`play`] ([`play::Sheet`], [`play::Aim`]):
//! processes, locks, wait-for graph, verdict, hint, and what comes of each move. All that lies in the page as data,
//! each sentence once; sentences have holes for what only the page knows, the number of moves made. The script follows
//! the moves from state to state. A scenario with too many states is not played whole: the page has the states of a
//! shortest way to a deadlock and their successors, and says so.
//!
//! ## How a simulation works
//!
//! [`simulate`] decides when somebody acts and who comes first, by a seed; whether a step can be made, only the moves
//! of the [`model`] say. The narrator tells each move in the words of a real worker, so that everything behind the
//! trace is the same for both; the page says which it was. A database that is not there is not examined
//! ([`trace::Stored::integrity`]), and a deadlock that nobody watched has no witness.
//!
//! ## How a sweep works
//!
//! [`sweep::Sweep`] is a scenario and at most two lists of settings. Each cell is simulated under several seeds; where
//! they differ, the fewest and the most are shown, for luck decides there. `--check` runs cells with real processes:
//! those first in which luck does not decide, at the border between loss and none. A deviation is shown and ends with
//! exit status 1.
//!
//! ## How `lesson who` works
//!
//! [`who::look()`] asks the system: the list of locks, then the open files of all processes (their names, and
//! `/proc/PID/fdinfo`, which tells inode and locks without touching a file that may hang), then who these processes
//! are. If a holder has gone in between, it looks anew (`who/look/again.rs`). What it has seen is data
//! ([`who::judge::Sight`]); states, owners, the wait-for graph, the reading and the remedy are a function of it
//! ([`who::judge()`]). The graph's cycles are found by the one search of
//! [`analysis::cycles`]. SQLite polls, so its waiters are inferred, and said to be. Nothing is locked, written or
//! signalled; the command that would end a holder is only printed. The conductor's second witness asks the same code
//! whose lock it is ([`who::owners_among()`]).
//!
//! ## How `lesson mystery` works
//!
//! A seed hides one of the culprits of [`mystery`]. All but one are scenarios, carried out by the workers of a run that
//! nobody ends before the learner has answered; the one whose lock outlives its taker is an heir (`run/heir.rs`), on a
//! leash as the workers are. The mystery begins when [`who::judge()`] finds the cause that was meant, so what the
//! learner is told is what `lesson who` can tell; what a victim meets is really tried (`run/victim.rs`).
//!
//! ## How the course works
//!
//! A lesson is a page of Markdown in `lessons/`, which is part of the program; whatever the program has to know of it
//! (questions, which answer is right, what is behind a wrong one, when an exercise is solved, hints) stands in the page
//! in a fixed form, so that paper, book and terminal say the same ([`course::Page`]). Each page is a test: its commands
//! are run and their outputs compared (`tests/docs`). An exercise is solved when the explorer has proved its goals for
//! every interleaving, or the simulator reached them with every seed where time decides, and the work is still done
//! ([`course::verify()`]). Between the two stands endless patience (`course/patience.rs`): every interleaving in which
//! no time-out fires, so that to begin at another moment is no repair. Where it goes wrong, the verdict has the
//! shortest way, or the run of a seed that goes wrong soonest, and the report tells it as a story with a command. What
//! a learner does is kept at once ([`home::Home`]): the lock of a file, another file that gets its name.
//!
//! `lesson learn` runs the commands of a page as children of its own, each on a leash: a child whose parent is gone
//! ends (`cli/leash.rs`). What they print and trace is kept beside the progress. A hand-in ([`course::HandIn`]) has all
//! of it in one file, under a seal that shows damage and proves nobody's identity; a review reads it back, asks the
//! model whether each trace is possible, renders transcripts again, and solves the exercises again
//! (`course/review.rs`).
//!
//! ## How a picture of a run works
//!
//! Lanes ([`analysis::lanes()`]) and film ([`analysis::Film`]: waits, holds and cycles as stretches of time) are
//! computed once; terminal, SVG and page draw from them. A picture has so many columns: what is shorter than one is
//! merged with its neighbours and counted ([`analysis::Strip`]), and a page stops at so many moments
//! ([`analysis::moments()`]); the picture says what it merged. At each of these moments an [`analysis::Camera`] knows
//! who holds and who waits; the page carries that as arrows and sentences, and its script only shows them. The
//! sentences are the story's ([`report::Story`]), the cells and the evidence those of the report.
//!
//! ## Invariants
//!
//! 1. `scenario`, `trace`, `model`, `analysis`, `explore`, `export`, `simulate`, `sweep`, `play`, `mystery`,
//!    `report`, `picture`, `course` and `who::judge` touch no clock, process, file system, environment or randomness
//!    (but a seed's): they are functions (`tests/tidy.rs` reads them).
//! 2. No hash map's order ever reaches an output: the same trace prints the same bytes (`lesson show`).
//! 3. A refusal (`SQLITE_BUSY`, `EDEADLK`, a time-out) is data. `Err` is for our own failures and the user's mistakes.
//! 4. A process says that it *wants* a lock before it asks, that it *has* it after the grant, and that it *releases*
//!    it before it lets go. Recorded holds lie inside true holds, so a trace can't show a conflict or a cycle that was
//!    not there. The one exception is COMMIT, which frees the lock before its process can say so: from `commits` on,
//!    a hold counts as one that may end at any moment ([`analysis::Hold::committing`]).
//! 5. Everything has a limit: a run has a deadline, a scenario and a line of a trace a size, a story a length.
//! 6. We touch only what we made: each run has a fresh room in an arena of its own.
//! 7. `unsafe_code = "forbid"`.
//!
//! ## Why it is so
//!
//! - *Why does a worker try before it waits?* Only so can it say that it waits. On SQLite the first try has a timeout
//!   of 0 and the second the timeout in force: the waiting itself is done by SQLite's own busy handler.
//! - *Why does nobody say "waits" in the upgrade trap?* Because SQLite does not wait there; the time of the refusal,
//!   measured with the whole timeout in force, shows it.
//! - *Why is `nix` here and not `rustix`?* Only `nix` has open-file-description locks behind a safe call.
//! - *Why does the room of lock files hold no data?* On Windows a lock would keep others from reading it.

pub mod analysis;
pub mod check;
pub mod cli;
pub mod course;
pub mod explore;
pub mod export;
pub mod home;
pub mod machine;
pub mod model;
pub mod mystery;
pub mod picture;
pub mod play;
pub mod report;
pub mod run;
pub mod scenario;
pub mod simulate;
pub mod sweep;
pub mod trace;
pub mod who;
