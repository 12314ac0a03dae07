//! A game as text: the moves, the position behind the last one, and the verdict.

use super::game::Game;
use super::hint::Hint;
use super::line::{Line, Tone};
use super::panes::Scene;
use super::position::Position;
use super::reality::Reality;
use super::verdict::{Ending, Verdict};
use super::words;
use crate::report::{Cells, Style, clean, table};

/// The page of a game; `real` if real processes carried it out.
pub fn page(game: &Game, real: Option<&Reality>, style: Style) -> String {
    let verdict = Verdict::of(game, real);
    let mut page = opening(game, style);
    let scene = real.map_or_else(|| Scene::of(game), |real| real.scene(game));
    page += &position(&scene, real, style);
    let text = style.wrap(&verdict.text(game), "");
    page += "\n";
    page += &match (verdict.ending, verdict.reached) {
        (Ending::Open, _) => text,
        (_, true) => style.good(&text),
        (_, false) => style.bad(&text),
    };
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
        let outcome = words::outcome(made.outcome, made.lost);
        [(index + 1).to_string(), words::name(scenario, who), step, outcome]
    })
}

/// The panes, one under the other.
fn position(scene: &Scene, real: Option<&Reality>, style: Style) -> String {
    let room = style.width - 2;
    let mut panes: Vec<(&str, Vec<Line>)> = vec![
        ("The processes", scene.processes(style.width, None)),
        ("The locks", scene.locks(room).into_iter().map(indented).collect()),
        ("Who waits for whom", scene.graph(room).into_iter().map(indented).collect()),
    ];
    if let Some(real) = real {
        panes.push(("/proc/locks", Scene::kernel(real.kernel(), room).into_iter().map(indented).collect()));
    }
    panes.push(("The lanes, one second a move", scene.lanes(style.width)));
    let mut page = String::new();
    for (heading, lines) in panes {
        page += &format!("\n{}\n", style.heading(heading));
        page.extend(lines.iter().map(|line| line.text(style) + "\n"));
    }
    page
}

fn indented(line: Line) -> Line {
    let mut parts = vec![(Tone::Plain, "  ".to_owned())];
    parts.extend(line.parts);
    Line { parts }
}
