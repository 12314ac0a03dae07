//! A game as text: the moves, the position behind the last one, and the verdict.

use super::game::Game;
use super::hint::Hint;
use super::line::{Line, Tone};
use super::panes::Scene;
use super::position::{Position, Stander, Waiting};
use super::reality::Reality;
use super::verdict::{Ending, Verdict};
use super::words;
use crate::model::Phase;
use crate::report::{Cells, Style, clean, table};

/// The page of a game; `real` if real processes carried it out.
pub fn page(game: &Game, real: Option<&Reality>, style: Style) -> String {
    let verdict = Verdict::of(game, real);
    let mut page = opening(game, real, style);
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

fn opening(game: &Game, real: Option<&Reality>, style: Style) -> String {
    let scenario = game.scenario();
    let mut page = format!("{}\n", style.heading(&clean(&scenario.title)));
    page += &style.wrap(&format!("The goal: {}.", words::goal(scenario, game.goal())), "  ");
    let asking = real.map_or_else(Vec::new, |real| asking(game, real));
    let rows: Vec<Vec<String>> = moves(game).chain(asking).map(Vec::from).collect();
    page += "\n";
    match rows.is_empty() {
        true => page += &style.wrap("No move was made.", "  "),
        false => page += &table(&["move", "who", "step", "what came of it"], &rows, Cells::Words, style),
    }
    page
}

/// Who was told and is kept waiting: no move of the model is made by that.
fn asking(game: &Game, real: &Reality) -> Vec<[String; 4]> {
    let scenario = game.scenario();
    let position = real.position(game);
    let row = |(who, stander): (usize, &Stander)| {
        let waits = stander.waits_for.is_some() && stander.waiting == Waiting::Asked;
        let step =
            words::step(&scenario.processes[who], stander).filter(|_| stander.place.phase == Phase::Step && waits);
        step.map(|step| ["".into(), words::name(scenario, who), step.to_string(), "asks, and is kept waiting".into()])
    };
    position.processes.iter().enumerate().filter_map(row).collect()
}

/// Each move: its number, who, the step, and what became of it.
pub(super) fn moves<'a>(game: &'a Game) -> impl Iterator<Item = [String; 4]> + 'a {
    let scenario = game.scenario();
    game.past().iter().zip(game.told()).enumerate().map(move |(index, (made, told))| {
        let who = made.choice.who;
        let position = Position::of(scenario, game.program(), &made.before);
        let step = words::step(&scenario.processes[who], &position.processes[who]);
        let step = step.map(ToString::to_string).unwrap_or_default();
        [(index + 1).to_string(), words::name(scenario, who), step, words::came(made, &told)]
    })
}

/// The panes, one under the other.
fn position(scene: &Scene, real: Option<&Reality>, style: Style) -> String {
    let room = style.width - 2;
    let kernel = real.map(Reality::kernel_heading).unwrap_or_default();
    let mut panes: Vec<(&str, Vec<Line>)> = vec![
        ("The processes", scene.processes(style.width, None)),
        ("The locks", scene.locks(room).into_iter().map(indented).collect()),
        ("Who waits for whom", scene.graph(room).into_iter().map(indented).collect()),
    ];
    if let Some(real) = real {
        panes.push((&kernel, scene.kernel(real.kernel(), room).into_iter().map(indented).collect()));
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
