//! `lesson who --json`: one document for each look, with names that scripts may rely on.
//!
//! ```text
//! { "lesson": "0.1.0", "command": "who",
//!   "ok": true,                      somebody holds it (without a path: somebody waits): exit status 0
//!   "at": "2026-01-31T12:00:00Z",    the time of this look; null unless it is watched
//!   "before": [ { "pids": [4710], "words": "RESERVED",          of a file that is watched: who held it and does not
//!                 "from": "...", "to": "..." } ],               any more, the last one first; else []
//!   "file": {                        null without a path
//!     "path": "app.db", "kind": "file", "file_system": "ext4", "network": false,
//!                                    kind: file | directory | fifo | socket | device
//!     "nature": "wal",               plain | rollback | wal
//!     "page_size": 4096,             null unless a header was read
//!     "journal": "none",             none | over | in_use | hot | unread
//!     "wal_bytes": 4152, "wal_frames": 1, "wal_copied": 0,      null where there is no log
//!     "cause": "writer", "reading": "...", "fix": "...",        see `who::judge::Cause`
//!     "culprits": [4711],            whose end would end it
//!     "ending": { "loses": "...", "command": "kill 4711",       or null
//!                 "note": "" },    what has to be known before it is used
//!     "parties": [ {
//!       "pids": [4711], "stand": "holds",                       holds | waits | polls | open
//!       "states": ["WAL write"],     SQLite's; else []
//!       "words": "writing", "inferred": false,
//!       "seen_s": 12,                null unless it is watched
//!       "locks": ["1: POSIX ..."],   the lines of the kernel's list
//!       "ranges": [ { "kind": "posix", "write": true,           of each of them; kind: flock | posix | ofd | lease, or
//!                     "first": 0, "last": 9 } ],                the kernel's word; last: null is the end of the file
//!       "process": PROCESS } ],      of the first pid; null if it is not known
//!     "behind": [ { "waiter": 4711, "file": "...", "holder": 4712 } ] },    [] if the parties tell as much
//!   "waits": [ { "pids": [4712], "file": "/tmp/b.lock", "lock": "exclusive flock", "held_by": [4711],
//!                "seen_s": null, "line": "1: -> FLOCK ..." } ],
//!   "deadlocks": [ { "certain": true, "words": "...", "ring": [ { "waiter": 4711, "file": "...", "holder": 4712 } ],
//!                    "ending": { ... } } ],
//!   "may_poll": [ { "waiter": 4711, "file": "2.db", "holder": 4712, "inferred": true } ],   of SQLite, which waits
//!   "may_poll_words": "...",         in no list; "" if there are none
//!   "databases": [ { "path": "/srv/app.db", "parties": [ ... ] } ],     without a path: those that somebody has locked
//!   "blocked_behind": [4713],
//!   "unseen": [ { "name": "other_users", "words": "..." } ] }
//!
//! PROCESS: { "pid": 4711, "parent": 1, "name": "python3", "command": "python3 a.py", "user": "ada",
//!            "since": "2026-01-31T12:00:00Z", "age_s": 40, "threads": 1, "doing": "sleeps" }
//! ```
//!
//! While a file that is watched is not there: { ..., "ok": false, "file": null, "absent": "app.db", "at": "...",
//! "before": [ ... ] } and no more.
//!
//! New names may be added; these stay. A `command` is cut after 2,048 bytes, with `…` at its end.

use serde_json::{Value, json};

use super::{Before, Watch, clean, holder_key, waiter_key};
use crate::who::judge::graph::{Arrow, Wait};
use crate::who::judge::header::{Header, Journal};
use crate::who::judge::sight::{FileId, FileKind, Process, Sight, Target};
use crate::who::judge::{Answer, Ending, Nature, OfFile, Party, Stand, polling, reading, words};
use crate::who::{LockKind, LockLine};

/// The document as text, on one line or many. Command lines of others are in it: what could act on a terminal or
/// deceive the eye is written as JSON's own escape.
pub fn text(document: &Value, on_one_line: bool) -> String {
    let text = if on_one_line { format!("{document}\n") } else { format!("{document:#}\n") };
    let mut units = [0; 2];
    text.chars().fold(String::with_capacity(text.len()), |mut shown, c| {
        match c {
            ' '..='~' | '\n' => shown.push(c),
            c if clean(c.encode_utf8(&mut [0; 4])).starts_with('\\') => {
                c.encode_utf16(&mut units).iter().for_each(|unit| shown += &format!("\\u{unit:04x}"));
            }
            c => shown.push(c),
        }
        shown
    })
}

/// The document.
pub fn document(answer: &Answer, watch: Option<&Watch>) -> Value {
    let sight = &answer.sight;
    let rings = answer.graph.rings.iter().zip(&answer.rings).map(|(ring, (words, ending))| {
        let arrow = |arrow: &Arrow| arrow_of(sight, arrow);
        json!({
            "certain": ring.for_good,
            "words": words,
            "ring": ring.arrows.iter().map(arrow).collect::<Vec<_>>(),
            "ending": ending.as_ref().map(ending_of),
        })
    });
    let file = answer.file.as_ref().zip(sight.target.as_ref());
    json!({
        "lesson": env!("CARGO_PKG_VERSION"),
        "command": "who",
        "ok": answer.is_held(),
        "at": watch.map(|watch| watch.at),
        "before": before(watch),
        "file": file.map(|(file, target)| of_file(answer, file, target, watch)),
        "waits": answer.graph.waits.iter().map(|wait| wait_of(answer, wait, watch)).collect::<Vec<_>>(),
        "deadlocks": rings.collect::<Vec<_>>(),
        "may_poll": polling::may_poll(sight).iter().map(|one| {
            json!({ "waiter": one.pid, "file": one.database, "holder": one.holder, "inferred": true })
        }).collect::<Vec<_>>(),
        "may_poll_words": polling::in_words(sight, |_| true),
        "databases": answer.databases.iter().map(|file| json!({
            "path": file.name,
            "parties": file.parties.iter().map(|party| party_of(answer, party, watch)).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "blocked_behind": answer.graph.blocked_behind,
        "unseen": sight.unseen.iter().map(|unseen| json!({ "name": unseen.name(), "words": unseen.words() }))
            .collect::<Vec<_>>(),
    })
}

/// Who held it before, for a document.
pub(super) fn before(watch: Option<&Watch>) -> Vec<Value> {
    let one =
        |before: &Before| json!({ "pids": before.pids, "words": before.words, "from": before.from, "to": before.to });
    watch.map(|watch| watch.before.iter().map(one).collect()).unwrap_or_default()
}

fn of_file(answer: &Answer, file: &OfFile, target: &Target, watch: Option<&Watch>) -> Value {
    let writes = file.parties.iter().any(|party| party.stand.is_writing());
    let nature = match file.nature {
        Nature::Plain => "plain",
        Nature::Rollback => "rollback",
        Nature::Wal => "wal",
    };
    let journal = match target.journal {
        Journal::None => "none",
        Journal::Over => "over",
        Journal::Live if writes => "in_use",
        Journal::Live => "hot",
        Journal::Unread => "unread",
    };
    let page_size = match target.header {
        Header::Sqlite { page_size, .. } => Some(page_size),
        _ => None,
    };
    json!({
        "path": target.path,
        "kind": kind_name(target.kind),
        "file_system": target.file_system.name,
        "network": target.file_system.is_network,
        "nature": nature,
        "page_size": page_size,
        "journal": journal,
        "wal_bytes": target.wal_bytes,
        "wal_frames": target.index.map(|index| index.frames),
        "wal_copied": target.index.map(|index| index.copied),
        "cause": file.reading.cause.name(),
        "reading": file.reading.text,
        "fix": file.reading.fix,
        "culprits": file.reading.culprits,
        "ending": file.ending.as_ref().map(ending_of),
        "parties": file.parties.iter().map(|party| party_of(answer, party, watch)).collect::<Vec<_>>(),
        "behind": file.behind.iter().map(|arrow| arrow_of(&answer.sight, arrow)).collect::<Vec<_>>(),
    })
}

fn party_of(answer: &Answer, party: &Party, watch: Option<&Watch>) -> Value {
    let sight = &answer.sight;
    let states: Vec<String> = match &party.stand {
        Stand::Sqlite(states) => states.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    json!({
        "pids": party.pids,
        "stand": words::stand_name(&party.stand),
        "states": states,
        "words": words::stand(sight, party),
        "inferred": matches!(party.stand, Stand::Polls { .. }),
        "seen_s": watch.map(|watch| (watch.seen)(&holder_key(sight, party))),
        "locks": party.locks.iter().map(|&index| sight.locks[index].line.raw.as_str()).collect::<Vec<_>>(),
        "ranges": party.locks.iter().map(|&index| range_of(&sight.locks[index].line)).collect::<Vec<_>>(),
        "process": party.pids.first().and_then(|pid| sight.processes.get(pid)).map(process_of),
    })
}

/// What a line of the kernel's list says, in fields.
fn range_of(line: &LockLine) -> Value {
    let kind = match &line.kind {
        LockKind::Flock => "flock",
        LockKind::Posix => "posix",
        LockKind::Ofd => "ofd",
        LockKind::Lease => "lease",
        LockKind::Other(word) => word,
    };
    json!({ "kind": kind, "write": line.write, "first": line.first, "last": line.last })
}

fn wait_of(answer: &Answer, wait: &Wait, watch: Option<&Watch>) -> Value {
    let sight = &answer.sight;
    let request = &sight.locks[wait.request];
    let mut holders: Vec<u32> = wait.behind.iter().flat_map(|&index| sight.locks[index].owners.clone()).collect();
    holders.sort_unstable();
    holders.dedup();
    json!({
        "pids": request.owners,
        "file": reading::file_name(sight, &FileId::of(&request.line)),
        "lock": words::lock(request),
        "held_by": holders,
        "seen_s": watch.map(|watch| (watch.seen)(&waiter_key(answer, wait.request))),
        "line": request.line.raw,
    })
}

/// A name of the kind for scripts.
fn kind_name(kind: FileKind) -> &'static str {
    match kind {
        FileKind::File => "file",
        FileKind::Directory => "directory",
        FileKind::Fifo => "fifo",
        FileKind::Socket => "socket",
        FileKind::Device => "device",
    }
}

fn arrow_of(sight: &Sight, arrow: &Arrow) -> Value {
    json!({ "waiter": arrow.waiter, "file": reading::file_name(sight, &arrow.file), "holder": arrow.holder })
}

fn process_of(process: &Process) -> Value {
    json!({
        "pid": process.pid,
        "parent": process.parent,
        "name": process.name,
        "command": process.command,
        "user": process.user,
        "since": process.since,
        "age_s": process.age_s,
        "threads": process.threads,
        "doing": process.doing.words(),
    })
}

fn ending_of(ending: &Ending) -> Value {
    json!({ "loses": ending.loses, "command": ending.command, "note": ending.note })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_one_word_each() {
        use FileKind::{Device, Directory, Fifo, File, Socket};
        let names = [File, Directory, Fifo, Socket, Device].map(kind_name);
        assert_eq!(names, ["file", "directory", "fifo", "socket", "device"]);
    }

    #[test]
    fn a_line_has_fields() {
        let table = [
            ("1: FLOCK  ADVISORY  WRITE 3 fe:00:1 0 EOF", json!(["flock", true, 0, null])),
            ("1: POSIX  ADVISORY  READ 3 fe:00:1 5 14", json!(["posix", false, 5, 14])),
            ("1: OFDLCK ADVISORY  READ -1 fe:00:1 5 EOF", json!(["ofd", false, 5, null])),
            ("1: -> LEASE  ACTIVE    WRITE 3 fe:00:1 0 EOF", json!(["lease", true, 0, null])),
        ];
        for (line, fields) in table {
            let range = range_of(&line.parse().expect(line));
            assert_eq!(json!([range["kind"], range["write"], range["first"], range["last"]]), fields, "{line}");
        }
    }

    #[test]
    fn no_character_acts_on_a_terminal() {
        let document = json!({ "command": "a\u{9b}2J\u{7f}\u{202e}\u{1b}ü\n" });
        let shown = text(&document, true);
        assert_eq!(shown, "{\"command\":\"a\\u009b2J\\u007f\\u202e\\u001bü\\n\"}\n");
        assert_eq!(serde_json::from_str::<Value>(&shown).expect("JSON"), document);
    }
}
