//! Each state of SQLite in both journal modes, made by Python's `sqlite3` and by the `sqlite3` shell.

use std::path::Path;
use std::time::Instant;

use lesson::who::sqlite_bytes::{self, SqliteFile, State};

use crate::common::{LIMIT, Place, lives, signal, until};
use crate::holders::{Holder, database, page, row, see, who};

/// Holders in the order in which they begin; each is known by its place. A `!` in front: it is not waited for, because
/// it is kept waiting itself.
struct Case {
    journal: &'static str,
    holders: &'static [&'static str],
    /// The stand and the words of each.
    rows: &'static [(&'static str, &'static str)],
    cause: &'static str,
    /// Who would be ended: the place of the holder.
    culprit: Option<usize>,
    status: i32,
}

const READER: &str = "c = db(); c.execute('begin'); c.execute('select * from t').fetchall()";
const WRITER: &str = "c = db(); c.execute('begin immediate'); c.execute('insert into t values(2)')";
const COMMITTER: &str = "\
c = db(); c.execute('begin immediate'); c.execute('insert into t values(2)')
try: c.execute('commit')
except sqlite3.OperationalError: pass";
const POLLER: &str = "!c = db(100); c.execute('begin immediate')";
const IDLE: &str = "c = db(); c.execute('select * from t').fetchall()";
const SPILLED: &str =
    "c = db(); c.execute('pragma cache_size=1'); c.execute('pragma cache_spill=1'); c.execute('begin')
for i in range(2000): c.execute('insert into t values(zeroblob(2000))')";
const CHECKPOINT: &str =
    "!c = db(100); c.execute('insert into t values(3)'); c.execute('pragma wal_checkpoint(truncate)')";

const CASES: [Case; 15] = [
    case("delete", &[IDLE], &[("open", "open")], "nobody", None, 1),
    case("delete", &[READER], &[("holds", "SHARED")], "reader", Some(0), 0),
    case("delete", &[WRITER], &[("holds", "RESERVED")], "asleep_in_transaction", Some(0), 0),
    case(
        "delete",
        &[WRITER, POLLER],
        &[("holds", "RESERVED"), ("polls", "probably polling (inferred)")],
        "asleep_in_transaction",
        Some(0),
        0,
    ),
    case(
        "delete",
        &[READER, COMMITTER],
        &[("holds", "SHARED"), ("holds", "PENDING")],
        "pending_behind_reader",
        Some(0),
        0,
    ),
    case(
        "delete",
        &["c = db(); c.execute('begin exclusive')"],
        &[("holds", "EXCLUSIVE")],
        "asleep_in_transaction",
        Some(0),
        0,
    ),
    case("delete", &[SPILLED], &[("holds", "EXCLUSIVE")], "asleep_in_transaction", Some(0), 0),
    case(
        "delete",
        &[READER, WRITER],
        &[("holds", "SHARED"), ("holds", "RESERVED")],
        "asleep_in_transaction",
        Some(1),
        0,
    ),
    case("wal", &[IDLE], &[("open", "open")], "nobody", None, 1),
    case("wal", &[READER], &[("holds", "reading (mark 1)")], "reader", Some(0), 0),
    case("wal", &[WRITER], &[("holds", "writing, reading (mark 1)")], "asleep_in_transaction", Some(0), 0),
    case(
        "wal",
        &[READER, WRITER, IDLE],
        &[("holds", "reading (mark 1)"), ("holds", "writing, reading (mark 1)"), ("open", "open")],
        "asleep_in_transaction",
        Some(1),
        0,
    ),
    case(
        "wal",
        &[READER, CHECKPOINT],
        &[("holds", "reading (mark 1)"), ("holds", "checkpointing, keeps writers out")],
        "reader_blocks_checkpoint",
        Some(0),
        0,
    ),
    case(
        "wal",
        &["c = db(); c.execute('pragma locking_mode=exclusive'); c.execute('begin immediate')"],
        &[("holds", "EXCLUSIVE")],
        "held",
        Some(0),
        0,
    ),
    case(
        "wal",
        &[WRITER, POLLER],
        &[("holds", "writing, reading (mark 1)"), ("polls", "probably polling (inferred)")],
        "asleep_in_transaction",
        Some(0),
        0,
    ),
];

const fn case(
    journal: &'static str,
    holders: &'static [&'static str],
    rows: &'static [(&'static str, &'static str)],
    cause: &'static str,
    culprit: Option<usize>,
    status: i32,
) -> Case {
    Case { journal, holders, rows, cause, culprit, status }
}

pub fn every_state_is_recognised() {
    CASES.iter().for_each(check);
}

fn check(case: &Case) {
    let place = Place::new();
    database(place.path(), case.journal);
    // Who wants the database to itself finds it open, and is refused.
    let alone = case.holders.iter().any(|script| script.contains("locking_mode=exclusive"));
    if case.journal == "wal" && !alone {
        // The first mark that moves is 1, once there is something in the log.
        let keeper = Holder::ready(place.path(), "c = db(); c.execute('insert into t values(0)')");
        look(case, &place, Some(keeper.pid()));
    } else {
        look(case, &place, None);
    }
}

/// The keeper has the log open all the time, so that it is not removed between two holders.
fn look(case: &Case, place: &Place, keeper: Option<u64>) {
    let start = |script: &&str| match script.strip_prefix('!') {
        Some(script) => Holder::python(place.path(), script),
        None => Holder::ready(place.path(), script),
    };
    let holders: Vec<Holder> = case.holders.iter().map(start).collect();
    let pids: Vec<u64> = holders.iter().map(Holder::pid).collect();
    let expected: Vec<(String, String)> =
        case.rows.iter().map(|(stand, words)| ((*stand).to_owned(), (*words).to_owned())).collect();
    let rows = |document: &serde_json::Value| pids.iter().map(|pid| row(document, *pid)).collect::<Vec<_>>();
    let document = see(place.path(), "app.db", &format!("{expected:?}"), |document| rows(document) == expected);
    let shown = format!("{:?}: {document:#}", case.holders);
    let file = &document["file"];
    assert_eq!(file["cause"], case.cause, "{shown}");
    assert_eq!(file["nature"], if case.journal == "wal" { "wal" } else { "rollback" }, "{shown}");
    assert_eq!(file["page_size"], 4096, "{shown}");
    assert_eq!(file["parties"].as_array().map(Vec::len), Some(pids.len() + usize::from(keeper.is_some())), "{shown}");
    let command = case.culprit.map(|place| format!("kill {}", pids[place]));
    assert_eq!(file["ending"]["command"].as_str(), command.as_deref(), "{shown}");
    // The files beside the database lead to it; the page says the same in words, and never tells to remove anything.
    for path in ["app.db-wal", "app.db-shm", "app.db-journal", "./app.db"] {
        let (status, other) = who(place.path(), path);
        assert_eq!((status, &other["file"]["cause"]), (case.status, &case.cause.into()), "{path}: {shown}");
    }
    let page = page(place.path(), "app.db");
    for (_, words) in case.rows {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("rm ") && page.contains("What it means"), "{page}");
}

/// A journal that a dead writer left: hot until the next one reads, and no lock.
pub fn a_hot_journal_is_no_lock() {
    let place = Place::new();
    database(place.path(), "delete");
    let mut writer = Holder::ready(place.path(), SPILLED);
    assert_eq!(who(place.path(), "app.db").1["file"]["journal"], "in_use");
    writer.kill();
    let (status, document) = who(place.path(), "app.db");
    let file = &document["file"];
    assert_eq!((status, &file["journal"], &file["cause"]), (1, &"hot".into(), &"hot_journal".into()), "{file:#}");
    let page = page(place.path(), "app.db");
    assert!(page.contains("HOT") && page.contains("Leave the"), "{page}");
    // Looking was no reading: nothing was rolled back by it.
    assert_eq!(place.entries(), ["app.db", "app.db-journal"]);
    Holder::ready(place.path(), IDLE).finish();
    assert_eq!(who(place.path(), "app.db").1["file"]["journal"], "none");
}

/// Recovery lasts for as long as the log is read: it is stopped in the middle.
pub fn a_recovery_is_recognised() {
    let place = Place::new();
    let made = "c = db(); c.execute('pragma journal_mode=wal'); c.execute('pragma wal_autocheckpoint=0')
c.execute('create table t(a)'); c.execute('insert into t values(zeroblob(60000000))')";
    Holder::ready(place.path(), made).kill();
    let holder = caught_in_recovery(place.path());
    let (status, document) = who(place.path(), "app.db");
    let (stand, words) = row(&document, holder.pid());
    assert_eq!((stand.as_str(), words.as_str()), ("holds", "recovering"), "{document:#}");
    assert_eq!((status, &document["file"]["cause"]), (0, &"recovery".into()), "{document:#}");
}

/// A process that was stopped in the middle of its recovery. It may be over before the stop has come: then another one
/// begins from the start.
fn caught_in_recovery(place: &Path) -> Holder {
    use nix::sys::signal::Signal;
    let past = place.join("past");
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        std::fs::remove_file(place.join("app.db-shm")).expect("the index of a dead process");
        let mut holder = Holder::python(place, &format!("{IDLE}; open('past', 'w').close(); ready()"));
        while !recovers(holder.pid()) && !past.exists() && start.elapsed() < LIMIT {
            std::thread::yield_now();
        }
        let pid = u32::try_from(holder.pid()).expect("a pid");
        signal(pid, Signal::SIGSTOP);
        until("it is stopped", || lesson::who::processes::state(pid) == Some('T'));
        if recovers(holder.pid()) {
            return holder;
        }
        holder.kill();
        let _ = std::fs::remove_file(&past); // it may have been stopped just before
    }
    panic!("no recovery was seen");
}

fn recovers(pid: u64) -> bool {
    let lines = lesson::who::read().expect("Linux has a list");
    let own = lines.iter().filter(|line| u64::try_from(line.pid) == Ok(pid));
    let mut states = own
        .filter(|line| line.last.is_some_and(|last| last <= sqlite_bytes::SHM_LAST))
        .flat_map(|line| sqlite_bytes::states(line.first, line.last, line.write, SqliteFile::SharedMemory));
    states.any(|state| state == State::WalRecover)
}

/// The shell is known by its name, and told how to end its transaction without a signal.
pub fn a_shell_left_open_is_named() {
    let table = [
        ("delete", "begin immediate;", "RESERVED"),
        ("delete", "begin exclusive;", "EXCLUSIVE"),
        ("wal", "begin immediate;", "writing"),
        ("delete", "begin; select count(*) from t;", "SHARED"),
        ("wal", "begin; select count(*) from t;", "reading"),
    ];
    for (journal, sql, state) in table {
        let place = Place::new();
        database(place.path(), journal);
        let shell = Holder::shell(place.path(), sql);
        // Between two lines it may be about to read the next one.
        let named = |document: &serde_json::Value| document["file"]["cause"] == "shell_left_open";
        let document = see(place.path(), "app.db", "a shell", named);
        assert!(row(&document, shell.pid()).1.contains(state), "{document:#}");
        let fix = document["file"]["fix"].as_str().unwrap_or_default();
        assert!(fix.contains("COMMIT; or ROLLBACK;") && fix.contains(&shell.pid().to_string()), "{fix}");
    }
}

/// A stopped writer lets go of nothing.
pub fn a_stopped_writer_is_named() {
    let place = Place::new();
    database(place.path(), "delete");
    let writer = Holder::ready(place.path(), WRITER);
    signal(u32::try_from(writer.pid()).expect("a pid"), nix::sys::signal::Signal::SIGSTOP);
    let document = see(place.path(), "app.db", "stopped", |document| document["file"]["cause"] == "stopped");
    assert!(document["file"]["fix"].as_str().is_some_and(|fix| fix.contains("kill -CONT")), "{document:#}");
    // The command that is shown does what is said of it: a stopped process takes no signal before it goes on.
    let command = document["file"]["ending"]["command"].as_str().expect("a command");
    let done = std::process::Command::new("sh").args(["-c", command]).status().expect("sh");
    assert!(done.success(), "{command}");
    until("the writer is ended", || !lives(u32::try_from(writer.pid()).expect("a pid")));
}

/// Two connections of one process: it is asleep in its transaction because the other one waits for that.
pub fn a_process_may_be_in_its_own_way() {
    let place = Place::new();
    database(place.path(), "delete");
    let own = Holder::python(place.path(), &format!("{WRITER}; d = db(100); d.execute('begin immediate')"));
    let fix = |document: &serde_json::Value| document["file"]["fix"].as_str().unwrap_or_default().to_owned();
    let waits = |document: &serde_json::Value| fix(document).contains("it may wait for itself");
    let document = see(place.path(), "app.db", "a process that sleeps in SQLite's way", waits);
    assert_eq!(row(&document, own.pid()).1, "RESERVED", "{document:#}");
}

/// Neither an empty database nor an encrypted one can be known by its header: their locks tell.
pub fn a_database_without_a_header_is_known_by_its_locks() {
    let table: [(&[u8], &str); 2] = [(b"", "c = db(); c.execute('begin immediate')"), (&[0x5a; 8192], ENCRYPTED)];
    for (content, script) in table {
        let place = Place::new();
        place.write("app.db", content);
        let holder = Holder::ready(place.path(), script);
        let (status, document) = who(place.path(), "app.db");
        assert_eq!((status, row(&document, holder.pid()).1.as_str()), (0, "RESERVED"), "{document:#}");
        assert_eq!(document["file"]["nature"], "rollback", "{document:#}");
    }
}

/// What an encrypting build of SQLite does to a file that nobody else can read.
const ENCRYPTED: &str = "\
f = open('app.db', 'r+b'); fcntl.lockf(f, fcntl.LOCK_SH, 510, 1073741826)
fcntl.lockf(f, fcntl.LOCK_EX, 1, 1073741825)";

/// A file that has lost its end is one line of the reading, whoever holds it.
pub fn a_database_that_is_cut_short_is_said_to_be() {
    for (journal, script) in [("delete", None), ("delete", Some(READER)), ("wal", None)] {
        let place = Place::new();
        database(place.path(), journal);
        let text = || {
            let file = &who(place.path(), "app.db").1["file"];
            (
                file["reading"].as_str().unwrap_or_default().to_owned(),
                file["fix"].as_str().unwrap_or_default().to_owned(),
            )
        };
        let _holder = script.map(|script| Holder::ready(place.path(), script));
        assert!(!text().0.contains("cut short"), "{}", text().0);
        std::fs::OpenOptions::new()
            .write(true)
            .open(place.join("app.db"))
            .and_then(|file| file.set_len(4096))
            .expect("it is ours");
        let (reading, fix) = text();
        assert!(
            reading.contains("cut short: by its header it has 2 pages, that is 8192 bytes, and there are 4096"),
            "{reading}"
        );
        assert!(fix.starts_with("Restore it from a backup"), "{fix}");
    }
}

/// In its own memory: the index beside the database is an old one, and the lock says nothing of a transaction.
pub fn who_has_the_log_to_itself_is_not_said_to_be_in_a_transaction() {
    let place = Place::new();
    database(place.path(), "wal");
    place.write("app.db-shm", [0; 32768]);
    let script = "c = db(); c.execute('pragma locking_mode=exclusive'); c.execute('insert into t values(5)')";
    let holder = Holder::ready(place.path(), script);
    let document = who(place.path(), "app.db").1;
    let file = &document["file"];
    assert_eq!((row(&document, holder.pid()).1.as_str(), &file["wal_frames"]), ("EXCLUSIVE", &serde_json::Value::Null));
    assert!(file["wal_bytes"].as_u64().is_some_and(|bytes| bytes > 0), "{file:#}");
    let loses = file["ending"]["loses"].as_str().unwrap_or_default();
    assert!(loses.starts_with("its transaction, if it is in one"), "{loses}");
}

/// Mark 0: it reads the database alone. Only when somebody else has written is a checkpoint kept from copying that.
pub fn a_reader_without_a_log_is_in_nobodys_way() {
    let place = Place::new();
    database(place.path(), "wal");
    let reader = Holder::ready(place.path(), READER);
    let (_, document) = who(place.path(), "app.db");
    let file = &document["file"];
    assert_eq!(row(&document, reader.pid()).1, "reading (mark 0)", "{document:#}");
    assert!(file["reading"].as_str().is_some_and(|text| text.contains("nothing for a checkpoint to copy")), "{file:#}");
    assert_eq!((&file["cause"], &file["ending"]), (&"reader".into(), &serde_json::Value::Null), "{file:#}");
    Holder::ready(place.path(), "c = db(); c.execute('insert into t values(3)')").finish();
    let document = who(place.path(), "app.db").1;
    let text = document["file"]["reading"].as_str().unwrap_or_default();
    assert!(text.contains("ends at frame 0 of 1"), "{text}");
    assert_eq!(document["file"]["cause"], "old_snapshot");
    assert_eq!(document["file"]["ending"]["command"], format!("kill {}", reader.pid()));
}

/// Without a path: a database that somebody has locked is named, whether or not somebody waits for it.
pub fn a_locked_database_is_found_without_its_name() {
    for (journal, words) in [("delete", "RESERVED"), ("wal", "writing, reading (mark")] {
        let place = Place::new();
        database(place.path(), journal);
        let writer = Holder::ready(place.path(), WRITER);
        let document = who(place.path(), "").1;
        let path = std::fs::canonicalize(place.join("app.db")).expect("it is there");
        let databases = document["databases"].as_array().expect("a list");
        let own = databases.iter().find(|database| database["path"].as_str().map(Path::new) == Some(path.as_path()));
        let party = &own.expect("it is locked")["parties"][0];
        assert_eq!(party["pids"], serde_json::json!([writer.pid()]), "{document:#}");
        assert!(party["words"].as_str().is_some_and(|found| found.starts_with(words)), "{party:#}");
        let page = page(place.path(), "--color=never");
        assert!(page.contains("Database in use: ") && page.contains(&writer.pid().to_string()), "{page}");
        assert!(page.contains("python3 -c"), "{page}");
    }
}

/// The two kinds of locks don't see each other here: while the one is held SQLite reads and writes.
pub fn an_flock_on_a_database_is_none_of_sqlites() {
    for journal in ["delete", "wal"] {
        let place = Place::new();
        database(place.path(), journal);
        let holder = Holder::ready(place.path(), "f = open('app.db'); fcntl.flock(f, fcntl.LOCK_EX)");
        Holder::ready(place.path(), "c = db(); c.execute('insert into t values(3)')").finish();
        let (status, document) = who(place.path(), "app.db");
        assert_eq!((status, row(&document, holder.pid()).1.as_str()), (0, "holds exclusive flock"), "{document:#}");
        let text = document["file"]["reading"].as_str().unwrap_or_default();
        assert!(text.contains(&format!("{} (python3) has an flock on it. SQLite takes fcntl", holder.pid())), "{text}");
        assert!(text.contains("not the reason for `database is locked`"), "{text}");
        assert_eq!(document["file"]["ending"], serde_json::Value::Null, "{document:#}");
        // A deadlock of somebody else may be told behind it.
        let page: String = page(place.path(), "app.db").split("Elsewhere on this machine").take(1).collect();
        assert!(!["Wait until", "only read", "kill"].iter().any(|word| page.contains(word)), "{page}");
    }
}
