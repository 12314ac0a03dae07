//! A game as text: the moves, the position behind the last one, and the verdict.

use super::game::Game;
use super::hint::Hint;
use super::line::{Line, Tone};
use super::panes::Scene;
use super::position::Position;
use super::verdict::{Ending, Verdict};
use super::words;
use crate::report::{Cells, Style, clean, table};

/// The page of a game.
pub fn page(game: &Game, style: Style) -> String {
    let verdict = Verdict::of(game);
    let mut page = opening(game, style);
    page += &closing(game, &Scene::of(game), &verdict, style);
    if verdict.ending == Ending::Open {
        page += &style.wrap(&Hint::of(game).text(game), "");
    }
    page
}

fn opening(game: &Game, style: Style) -> String {
    let scenario = game.scenario();
    let mut page = format!("{}\n", style.heading(&clean(&scenario.title)));
    page += &style.wrap(&format!("The goal: {}.", words::goal(scenario, game.goal())), "  ");
    let rows: Vec<Vec<String>> = moves(game).map(Vec::from).collect();
    if !rows.is_empty() {
        page += &format!("\n{}", table(&["move", "who", "step", "what came of it"], &rows, Cells::Words, style));
    }
    page
}

/// Each move: its number, who, the step, and what became of it.
pub(super) fn moves<'a>(game: &'a Game) -> impl Iterator<Item = [String; 4]> + 'a {
    let scenario = game.scenario();
    game.past().iter().enumerate().map(move |(index, made)| {
        let who = made.choice.who;
        let position = Position::of(scenario, game.program(), &made.before);
        let step = words::step(&scenario.processes[who], &position.processes[who]);
        let step = step.map(ToString::to_string).unwrap_or_default();
        let outcome = words::outcome(made.outcome, made.loses);
        [(index + 1).to_string(), words::name(scenario, who), step, outcome]
    })
}

/// The position, and what is to be said of it.
fn closing(game: &Game, scene: &Scene, verdict: &Verdict, style: Style) -> String {
    let panes: [(&str, Vec<Line>); 4] = [
        ("The processes", scene.processes(style.width, None)),
        ("The locks", scene.locks(style.width - 2).into_iter().map(indented).collect()),
        ("Who waits for whom", scene.graph(style.width - 2).into_iter().map(indented).collect()),
        ("The lanes, one second a move", scene.lanes(style.width)),
    ];
    let mut page = String::new();
    for (heading, lines) in panes {
        page += &format!("\n{}\n", style.heading(heading));
        page.extend(lines.iter().map(|line| line.text(style) + "\n"));
    }
    let text = verdict.text(game);
    let wrapped = style.wrap(&text, "");
    page + "\n"
        + &match (verdict.ending, verdict.reached) {
            (Ending::Open, _) => wrapped,
            (_, true) => style.good(&wrapped),
            (_, false) => style.bad(&wrapped),
        }
}

fn indented(line: Line) -> Line {
    let mut parts = vec![(Tone::Plain, "  ".to_owned())];
    parts.extend(line.parts);
    Line { parts }
}
