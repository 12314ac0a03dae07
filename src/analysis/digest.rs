//! As much of a run as can be seen in so many columns: what is too short is merged, and how much was merged is told.
//! So a picture of a long run has a bounded size. What was merged shows the most telling of what is in it, not how long
//! it lasted: whoever holds a lock for a tenth of the time only is still seen to hold it.

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
    /// From the begin of the first to the end of the last, in microseconds of the run; in the most telling of their
    /// states.
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

    /// The state that each column shows, if it can show but one: what fills most of it, or a stretch too short to fill
    /// a column that has its middle there and tells more. `None` where the lane has ended.
    pub fn cells(lane: &Lane, end_us: u64, columns: usize) -> Vec<Option<State>> {
        let (columns, end) = (columns.max(1), u128::from(end_us.max(1)));
        let column_of = |us: u64| ((u128::from(us) * columns as u128 / end) as usize).min(columns - 1);
        let begin_of = |column: usize| (column as u128 * end / columns as u128) as u64;
        let mut fills: Vec<(u64, Option<State>)> = vec![(0, None); columns];
        let mut short: Vec<Option<State>> = vec![None; columns];
        for segment in &lane.segments {
            let (first, last) = (column_of(segment.from_us), column_of(segment.to_us.saturating_sub(1)));
            for (column, cell) in fills.iter_mut().enumerate().take(last + 1).skip(first) {
                let time =
                    segment.to_us.min(begin_of(column + 1)).saturating_sub(segment.from_us.max(begin_of(column)));
                if time > cell.0 {
                    *cell = (time, Some(segment.state));
                }
            }
            let length = segment.to_us.saturating_sub(segment.from_us);
            if u128::from(length) * (columns as u128) < end {
                let middle = column_of(segment.from_us + length / 2);
                short[middle] = short[middle].max(Some(segment.state));
            }
        }
        fills.into_iter().zip(short).map(|((_, fills), short)| fills.max(short)).collect()
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
    /// The most telling state of them.
    tells: Option<State>,
}

impl Heap {
    fn add(&mut self, segment: &Segment) {
        self.first.get_or_insert(segment.from_us);
        self.to_us = segment.to_us;
        self.count += 1;
        self.tells = self.tells.max(Some(segment.state));
    }

    fn take(&mut self) -> Option<Piece> {
        let heap = std::mem::take(self);
        let segment = Segment { from_us: heap.first?, to_us: heap.to_us, state: heap.tells? };
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
            if *length > 0 {
                lane.segments.push(Segment { from_us, to_us: from_us + length, state });
            }
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
        // However short the hold is, it is seen.
        check(&[1, 5, 1, 93], 10, &["0-7 Holding x3", "7-100 Idle x1"], 3);
        // One that is too short but alone stays as it was.
        check(&[60, 1, 39], 10, &["0-60 Holding x1", "60-61 Idle x1", "61-100 Holding x1"], 0);
    }

    /// Where each column shows but one state: `H` holds, `.` is idle.
    #[test]
    fn a_column_shows_the_most_telling_of_what_is_too_short() {
        let table: [(&[u64], &str); 6] = [
            (&[50, 50], "HHHHH....."),
            // What is long fills its columns; a hold of a hundredth is seen, a pause of a hundredth is not.
            (&[54, 46], "HHHHH....."),
            (&[0, 42, 1, 57], "....H....."),
            (&[42, 1, 57], "HHHHHHHHHH"),
            (&[1, 9, 1, 9, 1, 9, 1, 9, 1, 9, 1, 49], "HHHHHH...."),
            // Its middle is in one column only, though it touches two.
            (&[0, 16, 8, 76], "..H......."),
        ];
        for (lengths, expected) in table {
            let cells = Strip::cells(&lane(lengths), 100, 10);
            let sign = |cell: &Option<State>| if *cell == Some(State::Holding) { 'H' } else { '.' };
            assert_eq!(cells.iter().map(sign).collect::<String>(), expected, "{lengths:?}");
        }
        assert_eq!(Strip::cells(&lane(&[10]), 100, 2), [Some(State::Holding), None]);
    }

    /// Every process of 1,000,000 stretches holds for 12% of the time, and waits for 1%.
    #[test]
    fn of_what_is_merged_the_most_telling_is_seen() {
        assert!(State::ALL.is_sorted(), "from the one that says least on");
        let mut long = Lane::default();
        for at in 0..1_000_000_u64 {
            let (from, length, state) = match at % 3 {
                0 => (0, 87, State::Idle),
                1 => (87, 1, State::Waiting),
                _ => (88, 12, State::Holding),
            };
            let from_us = at / 3 * 100 + from;
            long.segments.push(Segment { from_us, to_us: from_us + length, state });
        }
        let end_us = long.segments.last().expect("it has some").to_us;
        let strip = Strip::of(&long, end_us, 720);
        assert!(strip.pieces.len() >= 719 && strip.pieces.iter().all(|piece| piece.segment.state == State::Waiting));
        assert_eq!(strip.merged(), 1_000_000);
        assert_eq!(Strip::cells(&long, end_us, 70), vec![Some(State::Waiting); 70]);
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
