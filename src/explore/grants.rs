//! The moves of a plain program, ready to be added to packed states.
//!
//! Where nothing ever happens but that somebody takes, waits and lets go ([`Program::is_plain`]), a move adds one
//! constant to the state. Most of an exploration is spent here: so what decides is looked up for a few neighbouring
//! processes at once.

use core::ops::Range;

use super::packed::{Field, Layout, State};
use crate::model::{Program, Requests};

/// Bits of a state that are looked up at once, unless one process alone has more.
const MOST_BITS: u32 = 9;

/// A program of more places is left to the model: the tables would grow too large.
const MOST_PLACES: usize = 1 << 16;

/// The step of one process at one place.
#[derive(Clone, Copy)]
struct Step<const W: usize> {
    /// What it asks for: it is granted unless one of these is blocked.
    needs: Requests,
    /// What it adds to the state.
    rise: State<W>,
    who: u32,
    /// A record is lost by it.
    loses: bool,
}

/// Neighbouring processes, each at one place.
#[derive(Clone, Default)]
struct Places {
    /// Requests that can't be granted meanwhile.
    blocks: Requests,
    /// Their steps.
    steps: Range<u32>,
    /// The first of them that is always possible.
    free: Option<u32>,
}

/// A grant, and what it leads to.
#[derive(Clone, Copy)]
pub(super) struct Granted<const W: usize> {
    pub(super) who: usize,
    pub(super) state: State<W>,
    pub(super) loses: bool,
}

/// The steps of all processes.
pub(super) struct Grants<const W: usize> {
    /// For each group of neighbours its bits, and where its places begin.
    groups: Vec<(Field, usize)>,
    places: Vec<Places>,
    steps: Vec<Step<W>>,
}

impl<const W: usize> Grants<W> {
    /// The steps of a program; nothing if it is not plain, or too large.
    pub(super) fn new(program: &Program, layout: &Layout) -> Option<Self> {
        let places: usize = (0..program.process_count()).map(|who| program.place_count(who)).sum();
        if !program.is_plain() || places > MOST_PLACES {
            return None;
        }
        let mut groups: Vec<(Field, Range<usize>)> = Vec::new();
        for who in 0..program.process_count() {
            let field = layout.field(who);
            let wider = groups.last().and_then(|(all, _)| all.with(&field, MOST_BITS));
            match (wider, groups.last_mut()) {
                (Some(wider), Some(last)) => *last = (wider, last.1.start..who + 1),
                _ => groups.push((field, who..who + 1)),
            }
        }
        let mut grants = Self { groups: Vec::new(), places: Vec::new(), steps: Vec::new() };
        for (field, processes) in groups {
            grants.groups.push((field, grants.places.len()));
            for value in 0..=field.most() {
                let places = grants.places_of(program, layout, processes.clone(), field.put(value));
                grants.places.push(places);
            }
        }
        Some(grants)
    }

    /// Looks up what some neighbours do in a state; only their part of it matters.
    fn places_of(&mut self, program: &Program, layout: &Layout, who: Range<usize>, state: State<W>) -> Places {
        let first = self.steps.len() as u32;
        let mut places = Places { blocks: 0, steps: first..first, free: None };
        for who in who {
            let at = layout.field(who).of(&state) as u32;
            if at as usize >= program.place_count(who) {
                self.steps.truncate(first as usize);
                return Places::default(); // no state has that
            }
            let step = program.plain_step(who, at);
            places.blocks |= step.blocks;
            if let Some(to) = step.to {
                let after = layout.moved(state, who, to);
                let rise = core::array::from_fn(|word| after[word].wrapping_sub(state[word]));
                if step.needs == 0 {
                    places.free.get_or_insert(self.steps.len() as u32);
                }
                self.steps.push(Step { needs: step.needs, rise, who: who as u32, loses: step.loses });
            }
        }
        places.steps.end = self.steps.len() as u32;
        places
    }

    /// Shows every grant that is possible in a state, by process. If it `reduces`, one that disturbs nobody is shown
    /// alone, as [`Program::harmless_mover`] has it.
    #[inline(always)]
    pub(super) fn for_each(&self, state: &State<W>, reduces: bool, mut visit: impl FnMut(Granted<W>)) {
        let mut blocked = 0;
        for group in &self.groups {
            let places = self.places(group, state);
            if let Some(free) = places.free.filter(|_| reduces) {
                return visit(self.steps[free as usize].granted(state));
            }
            blocked |= places.blocks;
        }
        for group in &self.groups {
            let steps = &self.places(group, state).steps;
            for step in &self.steps[steps.start as usize..steps.end as usize] {
                if step.needs & blocked == 0 {
                    visit(step.granted(state));
                }
            }
        }
    }

    #[inline(always)]
    fn places(&self, (field, first): &(Field, usize), state: &State<W>) -> &Places {
        &self.places[first + field.of(state) as usize]
    }
}

impl<const W: usize> Step<W> {
    #[inline(always)]
    fn granted(&self, state: &State<W>) -> Granted<W> {
        let state = core::array::from_fn(|word| state[word].wrapping_add(self.rise[word]));
        Granted { who: self.who as usize, state, loses: self.loses }
    }
}
