//! How somebody stands to the file, in a few words for a column.

use std::collections::BTreeSet;

use super::super::LockKind;
use super::super::sqlite_bytes::State;
use super::parties::{Party, Stand};
use super::sight::{Lock, Sight};

/// `holds exclusive flock`, `RESERVED`, `writing, reading (mark 1)`, `open`, `probably polling (inferred)`.
pub fn stand(sight: &Sight, party: &Party) -> String {
    match &party.stand {
        Stand::Holds => locks("holds", sight, party),
        Stand::Waits => locks("waits for", sight, party),
        Stand::Sqlite(states) => sqlite(states),
        Stand::Polls { .. } => "probably polling (inferred)".into(),
        Stand::Opens => "open".into(),
    }
}

/// What says most: who recovers or checkpoints needs locks for that which say nothing of their own.
fn sqlite(states: &BTreeSet<State>) -> String {
    let has = |state| states.contains(&state);
    if has(State::WalRecover) {
        return state_word(State::WalRecover);
    }
    let is_shown = |state: &&State| match state {
        State::WalOpen | State::Looks | State::WalReadMark(_) => states.len() == 1,
        State::WalWrite => !has(State::WalCheckpoint),
        _ => true,
    };
    let mut shown: Vec<String> = states.iter().filter(is_shown).map(|state| state_word(*state)).collect();
    if has(State::WalWrite) && has(State::WalCheckpoint) {
        shown.push("keeps writers out".into());
    }
    if shown.is_empty() {
        shown.extend(states.iter().map(|state| state_word(*state)));
    }
    shown.join(", ")
}

/// A name of the stand for scripts.
pub fn stand_name(stand: &Stand) -> &'static str {
    match stand {
        Stand::Holds => "holds",
        Stand::Waits => "waits",
        Stand::Sqlite(_) if stand.is_holding() => "holds",
        Stand::Sqlite(_) | Stand::Opens => "open",
        Stand::Polls { .. } => "polls",
    }
}

/// SQLite's own word for a state; in WAL mode what the connection does.
pub fn state_word(state: State) -> String {
    match state {
        State::WalWrite => "writing".into(),
        State::WalCheckpoint => "checkpointing".into(),
        State::WalRecover => "recovering".into(),
        State::WalRead(mark) => format!("reading (mark {mark})"),
        State::WalReadMark(mark) => format!("moving mark {mark}"),
        State::WalOpen => "open".into(),
        State::WalSetUp => "setting up".into(),
        state => state.to_string(),
    }
}

/// At most three locks; more are counted.
fn locks(verb: &str, sight: &Sight, party: &Party) -> String {
    const MOST: usize = 3;
    let mut shown: Vec<String> = party.locks.iter().take(MOST).map(|&index| lock(&sight.locks[index])).collect();
    if party.locks.len() > MOST {
        shown.push(format!("{} more", party.locks.len() - MOST));
    }
    format!("{verb} {}", shown.join(", "))
}

/// `exclusive flock`, `shared POSIX lock on bytes 0 to 9`.
pub fn lock(lock: &Lock) -> String {
    let line = &lock.line;
    let mode = if line.write { "exclusive" } else { "shared" };
    let range = match (&line.kind, line.first, line.last) {
        (LockKind::Flock | LockKind::Lease, ..) | (_, 0, None) => String::new(),
        (_, first, None) => format!(" from byte {first} on"),
        (_, first, Some(last)) if first == last => format!(" on byte {first}"),
        (_, first, Some(last)) => format!(" on bytes {first} to {last}"),
    };
    format!("{mode} {}{range}", line.kind)
}
