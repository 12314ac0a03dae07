//! As much of a run as can be seen in so many columns: what is too short is merged, and how much was merged is told.
//! So a picture of a long run has a bounded size.

use super::lanes::{Lane, Mark, Segment, State};
use crate::trace::{Event, What};

/// A lane for a picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Strip {
    /// One after the other, without gaps: at most three for each column, and one more.
    pub pieces: Vec<Piece>,
    /// Moments: at most three kinds for each column.
    pub marks: Vec<Notch>,
}

/// One stretch of a lane, or several that are too short to be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// From the begin of the first to the end of the last, in microseconds of the run; in the state that filled most.
    pub segment: Segment,
    /// How many stretches it stands for; 1 is a stretch as it was.
    pub count: u64,
}

/// One or several marks of a kind in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Notch {
    /// The first of them, in microseconds of the run.
    pub at_us: u64,
    /// What they are.
    pub mark: Mark,
    /// How many.
    pub count: u64,
}

impl Strip {
    /// A lane in so many columns from the beginning of the run to `end_us`.
    pub fn of(lane: &Lane, end_us: u64, columns: u32) -> Self {
        let columns = u128::from(columns.max(1));
        let end = u128::from(end_us.max(1));
        let fills_a_column = |from_us: u64, to_us: u64| u128::from(to_us.saturating_sub(from_us)) * columns >= end;
        let mut strip = Self::default();
        let mut heap = Heap::default();
        for segment in &lane.segments {
            if fills_a_column(segment.from_us, segment.to_us) {
                strip.pieces.extend(heap.take());
                strip.pieces.push(Piece { segment: *segment, count: 1 });
                continue;
            }
            heap.add(segment);
            if heap.first.is_some_and(|first| fills_a_column(first, segment.to_us)) {
                strip.pieces.extend(heap.take());
            }
        }
        strip.pieces.extend(heap.take());
        let column = |us: u64| u128::from(us) * columns / end;
        for &(at_us, mark) in &lane.marks {
            // The marks are in the order of time: only the last few can be in the same column.
            let recent = strip.marks.iter_mut().rev().take_while(|notch| column(notch.at_us) == column(at_us));
            match recent.into_iter().find(|notch| notch.mark == mark) {
                Some(notch) => notch.count += 1,
                None => strip.marks.push(Notch { at_us, mark, count: 1 }),
            }
        }
        strip
    }

    /// How many stretches stand in pieces together with others.
    pub fn merged(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.count).filter(|&count| count > 1).sum()
    }
}

/// Stretches that are too short to be seen, one after the other.
#[derive(Default)]
struct Heap {
    first: Option<u64>,
    to_us: u64,
    count: u64,
    /// How long each state lasted in them.
    sums: [u64; State::ALL.len()],
}

impl Heap {
    fn add(&mut self, segment: &Segment) {
        self.first.get_or_insert(segment.from_us);
        self.to_us = segment.to_us;
        self.count += 1;
        let at = State::ALL.iter().position(|state| *state == segment.state).unwrap_or(0);
        self.sums[at] += segment.to_us.saturating_sub(segment.from_us);
    }

    fn take(&mut self) -> Option<Piece> {
        let heap = std::mem::take(self);
        let from_us = heap.first?;
        // Of two that lasted as long, the later in the list: waiting is told before working.
        let most = heap.sums.iter().enumerate().max_by_key(|(_, sum)| **sum).map_or(0, |(at, _)| at);
        let segment = Segment { from_us, to_us: heap.to_us, state: State::ALL[most] };
        Some(Piece { segment, count: heap.count })
    }
}

/// The indices of at most `most` events to stop at, in their order, and how many there were to choose from: those that
/// change who holds what and who waits for whom, or end something. If there are too many, each stands for as many
/// others, and the one that tells most is chosen.
pub fn moments(events: &[Event], most: usize) -> (Vec<usize>, usize) {
    let telling = |(at, event): (usize, &Event)| Some((at, weight(&event.what)?));
    let all: Vec<(usize, u8)> = events.iter().enumerate().filter_map(telling).collect();
    if all.len() <= most {
        return (all.iter().map(|(at, _)| *at).collect(), all.len());
    }
    let share = |n: usize| (n as u128 * all.len() as u128 / most.max(1) as u128) as usize;
    let best = |n: usize| {
        let part = &all[share(n)..share(n + 1)];
        // The first of those that tell most.
        part.iter().rev().max_by_key(|(_, weight)| *weight).map(|(at, _)| *at)
    };
    ((0..most).filter_map(best).collect(), all.len())
}

/// How much an event tells; `None` if it changes nothing that a picture shows.
fn weight(what: &What) -> Option<u8> {
    Some(match what {
        What::ClosesCycle { .. } => 5,
        What::Crashed { .. } | What::Killed { .. } => 4,
        What::Refused { .. } | What::Abandons { .. } => 3,
        What::Waits { .. } => 2,
        What::Gets { .. } | What::Releases { .. } | What::Committed { .. } | What::RolledBack { .. } => 1,
        What::Meets | What::Met | What::Works { .. } | What::BacksOff { .. } | What::Commits { .. } | What::Ends => 0,
        What::Starts { .. }
        | What::Round { .. }
        | What::Worked
        | What::Wants { .. }
        | What::Inserted
        | What::Finished { .. }
        | What::Crashes => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A lane of stretches of these lengths, holding and idle in turns.
    fn lane(lengths: &[u64]) -> Lane {
        let mut lane = Lane::default();
        let mut from_us = 0;
        for (at, length) in lengths.iter().enumerate() {
            let state = if at % 2 == 0 { State::Holding } else { State::Idle };
            lane.segments.push(Segment { from_us, to_us: from_us + length, state });
            from_us += length;
        }
        lane
    }

    /// Pieces as `0-10 x1`, and how many stretches were merged.
    fn check(lengths: &[u64], columns: u32, pieces: &[&str], merged: u64) {
        let strip = Strip::of(&lane(lengths), lengths.iter().sum(), columns);
        let words = |piece: &Piece| {
            let Segment { from_us, to_us, state } = piece.segment;
            format!("{from_us}-{to_us} {state:?} x{}", piece.count)
        };
        assert_eq!(strip.pieces.iter().map(words).collect::<Vec<_>>(), pieces, "{lengths:?}");
        assert_eq!(strip.merged(), merged, "{lengths:?}");
    }

    #[test]
    fn what_is_too_short_is_merged_and_counted() {
        check(&[], 10, &[], 0);
        check(&[50, 50], 10, &["0-50 Holding x1", "50-100 Idle x1"], 0);
        // A column is 10 µs: three of them are too short, and are one piece.
        check(&[4, 3, 3, 90], 10, &["0-10 Holding x3", "10-100 Idle x1"], 3);
        check(&[1, 5, 1, 93], 10, &["0-7 Idle x3", "7-100 Idle x1"], 3);
        // One that is too short but alone stays as it was.
        check(&[60, 1, 39], 10, &["0-60 Holding x1", "60-61 Idle x1", "61-100 Holding x1"], 0);
    }

    #[test]
    fn a_strip_is_bounded_and_loses_nothing() {
        for (segments, columns) in [(10_u64, 5_u32), (1_000, 7), (100_000, 100), (300_000, 720)] {
            let lengths: Vec<u64> = (0..segments).map(|at| 1 + at * 7919 % 13).collect();
            let strip = Strip::of(&lane(&lengths), lengths.iter().sum(), columns);
            assert!(strip.pieces.len() <= 3 * columns as usize + 1, "{segments}: {}", strip.pieces.len());
            assert_eq!(strip.pieces.iter().map(|piece| piece.count).sum::<u64>(), segments);
            assert!(strip.pieces.windows(2).all(|pair| pair[0].segment.to_us == pair[1].segment.from_us));
        }
    }

    #[test]
    fn marks_of_one_column_are_counted() {
        let marks = vec![(1, Mark::Refused), (2, Mark::Killed), (3, Mark::Refused), (50, Mark::Refused)];
        let strip = Strip::of(&Lane { marks, ..Lane::default() }, 100, 10);
        let words = |notch: &Notch| format!("{} {:?} x{}", notch.at_us, notch.mark, notch.count);
        let found: Vec<String> = strip.marks.iter().map(words).collect();
        assert_eq!(found, ["1 Refused x2", "2 Killed x1", "50 Refused x1"]);
    }

    #[test]
    fn of_too_many_moments_those_are_kept_that_tell_most() {
        let event = |what| Event { at_us: 0, who: 0, what };
        let gets = || event(What::gets("A", crate::model::Mode::Exclusive));
        let refused = || event(What::Abandons { round: 1 });
        let events = [gets(), event(What::Inserted), refused(), gets(), refused(), gets(), gets()];
        for (most, expected) in [(9, &[0, 2, 3, 4, 5, 6][..]), (6, &[0, 2, 3, 4, 5, 6]), (2, &[2, 4]), (1, &[2])] {
            assert_eq!(moments(&events, most), (expected.to_vec(), 6), "{most}");
        }
        assert_eq!(moments(&events, 0), (vec![], 6));
    }
}
