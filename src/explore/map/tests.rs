//! The map against what the search finds, and each of its moves against the model.

use super::*;
use crate::explore::{Task, explore};
use crate::model::Attempts;
use crate::scenario::{Scenario, builtin, parse};

/// A built-in scenario with its size, or text in TOML.
fn scenario(name: &str) -> Scenario {
    let (word, size) = name.split_once(' ').unwrap_or((name, ""));
    builtin::named(word, size.parse().ok()).unwrap_or_else(|| parse(name, "test").unwrap())
}

const TASK: Task = Task { count: false, keep: true, first: None, max_states: 1_000_000, max_bytes: 1 << 28 };

/// The map has what `explore` finds, and the model makes each of its moves.
fn check(name: &str, states: usize, moves: usize) {
    let scenario = scenario(name);
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let found = explore(&program, &program.start(), &TASK, &mut |_| true).unwrap();
    let map = Map::whole(&program, states).unwrap();
    assert_eq!((map.states.len(), map.move_count()), (states, moves), "{name}");
    assert_eq!((found.states, found.transitions), (states as u64, moves as u64), "{name}");
    assert_eq!(map.count(Fate::Deadlocked) as u64, found.deadlock_states, "{name}");
    assert_eq!(map.count(Fate::Finished) as u64, found.finished_states, "{name}");
    let safety = found.safety.unwrap();
    assert_eq!((map.count(Fate::Safe) + map.count(Fate::Finished)) as u64, safety.safe, "{name}");
    assert_eq!(map.count(Fate::Doomed) as u64, safety.unsafe_, "{name}");
    assert_eq!(map.count(Fate::Unknown), 0, "{name}");
    let shortest = found.shortest.map(|path| path.movers.len() as u32);
    assert_eq!(map.states[0].to_deadlock, shortest, "{name}");
    assert_eq!(Map::whole(&program, states - 1), None, "{name}: one more than may be");
    check_moves(name, &program, &map);
    if let Some(way) = explore(&program, &program.start(), &TASK, &mut |_| true).unwrap().shortest {
        check_part(name, &program, &way, &map);
        check_shortest_ways(name, &program, &way, &map);
    }
}

fn check_moves(name: &str, program: &Program, map: &Map) {
    for (number, node) in map.states.iter().enumerate() {
        let mut made_here = Vec::new();
        program.for_each_move(&node.at, |made| {
            let mut then = node.at.clone();
            made.make(&mut then);
            made_here.push((made.who, made.outcome, made.loses, then));
        });
        let arc = |arc: &Arc| (arc.who, arc.outcome, arc.loses, map.states[arc.to].at.clone());
        assert_eq!(node.moves.iter().map(arc).collect::<Vec<_>>(), made_here, "{name}: state {number}");
        assert!(node.moves.iter().all(|arc| map.states[arc.to].depth <= node.depth + 1), "{name}: state {number}");
        let way = map.way_to(number);
        assert_eq!(way.len(), node.depth as usize, "{name}: state {number}");
        let end = way.iter().fold(0, |at, &(from, arc)| {
            assert_eq!(at, from, "{name}: the way to {number}");
            map.states[from].moves[arc].to
        });
        assert_eq!(end, number, "{name}");
    }
}

/// The part for one way has its states with all their moves, and knows the same of them.
fn check_part(name: &str, program: &Program, way: &Path, whole: &Map) {
    let part = Map::along(program, way);
    assert!(!part.is_whole());
    let known = |at: &[u32]| whole.states.iter().find(|node| node.at == at).unwrap();
    for node in &part.states {
        assert_eq!(node.fate, known(&node.at).fate, "{name}: {:?}", node.at);
    }
    for at in &way.states {
        let node = part.states.iter().find(|node| node.at == *at).unwrap();
        assert!(node.is_open);
        assert_eq!(node.moves.len(), known(at).moves.len(), "{name}");
        assert_eq!(node.to_deadlock, known(at).to_deadlock, "{name}");
    }
    let open = part.states.iter().filter(|node| node.is_open && !node.moves.is_empty()).count();
    assert_eq!(open, way.movers.len(), "{name}");
}

/// The part for all shortest ways has, open, the states that lie on one, and no others.
fn check_shortest_ways(name: &str, program: &Program, way: &Path, whole: &Map) {
    let part = Map::along_all(program, way, whole.states.len()).unwrap();
    assert_eq!(part.extent, Extent::ShortestWays, "{name}");
    let is_on_one = |node: &&Node| node.to_deadlock.map(|left| node.depth + left) == whole.states[0].to_deadlock;
    let expected: BTreeSet<&[u32]> = whole.states.iter().filter(is_on_one).map(|node| node.at.as_slice()).collect();
    let is_there = |node: &&Node| node.is_open && node.fate != Fate::Finished && node.to_deadlock.is_some();
    let open: BTreeSet<&[u32]> = part.states.iter().filter(is_there).map(|node| node.at.as_slice()).collect();
    assert!(expected.is_subset(&open), "{name}");
    // What else is open is where nobody can move: another deadlock, or the end.
    let known = |at: &&[u32]| part.states.iter().any(|node| node.at == **at && node.moves.is_empty());
    assert!(open.difference(&expected).all(known), "{name}");
    assert_eq!(Map::along_all(program, way, 1), None, "{name}: one state is the start alone");
}

#[test]
fn the_map_has_what_the_search_finds() {
    check("philosophers 2", 19, 22);
    check("philosophers 3", 87, 153);
    check("philosophers 4", 391, 924);
    check("deadlock 2", 9, 12);
    check("ordering 2", 20, 20);
    check("detect 2", 19, 22);
    check("banker", 46, 73);
    check("locked-quick 2", 45, 76);
    check("try-lock 2", 39, 56);
    check("timeout 2", 39, 56);
    check("read-first 2", 125, 224);
    check("wal 2", 431, 1102);
    let time_out = "title = \"t\"\non = \"flock\"\n[[process]]\nname = \"a\"\nfor = \"1s\"\n\
                    steps = [\"lock A within 1s\", \"unlock A\"]\n[[process]]\nname = \"b\"\n\
                    steps = [\"lock A\", \"unlock A\"]\n";
    check(time_out, 8, 12);
}

/// Who takes the first fork first does not matter: each subset of the philosophers is a state on a shortest way.
#[test]
fn all_shortest_ways_are_there_where_the_states_are_too_many() {
    let scenario = scenario("philosophers 8");
    let program = Program::compile(&scenario, Attempts::Counted).unwrap();
    let task = Task { first: Some(crate::explore::Wanted::Deadlock), ..TASK };
    let way = explore(&program, &program.start(), &task, &mut |_| true).unwrap().shortest.unwrap();
    let part = Map::along_all(&program, &way, 300_000).unwrap();
    let open = part.states.iter().filter(|node| node.is_open).count();
    assert_eq!((open, part.count(Fate::Unknown), part.count(Fate::Deadlocked)), (256, 0, 1));
    let to_end = some_way_to_the_end(&program, 10_000).unwrap();
    assert_eq!(Map::along_all(&program, &to_end, 300_000), None, "a way to the end is no shortest way to a deadlock");
}

#[test]
fn a_way_to_the_end_is_found_among_many_states() {
    let ordering = scenario("ordering 9");
    let program = Program::compile(&ordering, Attempts::Counted).unwrap();
    assert_eq!(Map::whole(&program, 10_000), None);
    let way = some_way_to_the_end(&program, 10_000).unwrap();
    assert!(program.is_over(way.states.last().unwrap()));
    assert_eq!(way.movers.len() + 1, way.states.len());
    let lost = scenario("philosophers 2");
    let program = Program::compile(&lost, Attempts::Counted).unwrap();
    assert_eq!(some_way_to_the_end(&program, 3), None, "it may look at three states only");
}
