//! When an exercise is solved.

use std::fmt;

/// What has to hold of a repaired scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// In no interleaving somebody waits for ever in a cycle.
    NoDeadlock,
    /// From every state that can be reached everybody can still end, and nobody is ended by a detector.
    EverybodyEnds,
    /// In no interleaving a round is given up, or a row lost.
    NothingLost,
    /// In no interleaving anybody is refused.
    NobodyRefused,
    /// Nobody can move for ever without finishing a round.
    NoLivelock,
    /// Nobody can be kept waiting for ever while others finish their rounds.
    NobodyStarves,
    /// Nobody stands still for ever where no time-out fires: none is needed to end a cycle.
    NoDeadlockWithPatience,
    /// No round is given up, and no row lost, where no time-out fires and whoever tries again never stops.
    NothingLostWithPatience,
    /// Nobody is refused where no time-out fires and whoever tries again never stops.
    NobodyRefusedWithPatience,
    /// No round is given up, and no row lost, where the simulator keeps the time.
    NothingLostInTime,
    /// Nobody is refused where the simulator keeps the time.
    NobodyRefusedInTime,
}

impl Goal {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::NoDeadlock,
        Self::EverybodyEnds,
        Self::NothingLost,
        Self::NobodyRefused,
        Self::NoLivelock,
        Self::NobodyStarves,
        Self::NoDeadlockWithPatience,
        Self::NothingLostWithPatience,
        Self::NobodyRefusedWithPatience,
        Self::NothingLostInTime,
        Self::NobodyRefusedInTime,
    ];

    /// The words for it on a page.
    pub fn name(self) -> &'static str {
        match self {
            Self::NoDeadlock => "no deadlock",
            Self::EverybodyEnds => "everybody comes to an end",
            Self::NothingLost => "nothing is lost",
            Self::NobodyRefused => "nobody is refused",
            Self::NoLivelock => "no livelock",
            Self::NobodyStarves => "nobody starves",
            Self::NoDeadlockWithPatience => "no deadlock with endless patience",
            Self::NothingLostWithPatience => "nothing is lost with endless patience",
            Self::NobodyRefusedWithPatience => "nobody is refused with endless patience",
            Self::NothingLostInTime => "nothing is lost in virtual time",
            Self::NobodyRefusedInTime => "nobody is refused in virtual time",
        }
    }

    /// Whether it is asked with endless patience.
    pub fn is_patient(self) -> bool {
        matches!(self, Self::NoDeadlockWithPatience | Self::NothingLostWithPatience | Self::NobodyRefusedWithPatience)
    }

    /// Whether time decides: it is tried with many seeds then, and not proved.
    pub fn is_in_time(self) -> bool {
        matches!(self, Self::NothingLostInTime | Self::NobodyRefusedInTime)
    }

    /// The goals of `no deadlock; nobody starves.`; the words of the first one that is none otherwise.
    pub(super) fn parse_all(text: &str) -> Result<Vec<Self>, String> {
        let words = text.trim().trim_end_matches('.').split(';').map(str::trim);
        words
            .map(|words| Self::ALL.into_iter().find(|goal| goal.name() == words).ok_or_else(|| words.to_owned()))
            .collect()
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
