//! Which file is meant: a file beside a database leads to it, and only to a database.

use crate::common::Place;
use crate::holders::{Holder, database, who};

const LOCKED: &str = "f = open('NAME', 'a'); fcntl.flock(f, fcntl.LOCK_EX)";
const POSIX: &str = "f = open('NAME', 'a'); fcntl.lockf(f, fcntl.LOCK_EX)";
const EMPTY: &str = "c = sqlite3.connect('new.db', isolation_level=None); c.execute('begin exclusive')";
const WRITER: &str = "c = db(); c.execute('begin immediate')";

/// The holder, the file that is asked about, the file that is told of, and the exit status.
pub fn only_a_databases_own_files_lead_to_it() {
    let table = [
        // A plain file has no log.
        (LOCKED.replace("NAME", "x-wal"), "x-wal", "x-wal", 0),
        (LOCKED.replace("NAME", "x-journal"), "x-journal", "x-journal", 0),
        (LOCKED.replace("NAME", "x-shm"), "x-shm", "x-shm", 0),
        (LOCKED.replace("NAME", "x"), "x-wal", "x-wal", 1),
        // Whoever locks a journal with flock means that file: SQLite locks none.
        (LOCKED.replace("NAME", "app.db-journal"), "app.db-journal", "app.db-journal", 0),
        (POSIX.replace("NAME", "app.db-wal"), "app.db-wal", "app.db-wal", 0),
        (LOCKED.replace("NAME", "app.db-shm"), "app.db-shm", "app.db-shm", 0),
        (WRITER.into(), "app.db-journal", "app.db", 0),
        (WRITER.into(), "app.db-wal", "app.db", 0),
        // A database without a header is known by its locks.
        (EMPTY.into(), "new.db-journal", "new.db", 0),
    ];
    for (script, asked, told, status) in table {
        let place = Place::new();
        database(place.path(), "delete");
        for name in ["x", "x-wal"] {
            place.write(name, "text");
        }
        let _holder = Holder::ready(place.path(), &script);
        let (found, document) = who(place.path(), asked);
        assert_eq!((&document["file"]["path"], found), (&told.into(), status), "{script}: {asked}: {document:#}");
    }
}

/// The kind of a file, as scripts read it.
pub fn kinds_are_one_word_each() {
    let place = Place::new();
    place.write("a.lock", "");
    Holder::ready(place.path(), "os.mkfifo('fifo'); os.mkdir('folder')").finish();
    for (path, kind) in [("a.lock", "file"), ("fifo", "fifo"), ("folder", "directory"), ("/dev/null", "device")] {
        assert_eq!(who(place.path(), path).1["file"]["kind"], kind, "{path}");
    }
}
