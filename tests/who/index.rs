//! The index of a log: what is counted by it, and when it tells nothing.

use serde_json::Value;

use crate::common::Place;
use crate::holders::{Holder, database, page, who};

/// A log that a dead writer left, with the index that is beside it: as it was left, never set up, gone, and with one
/// byte of one of its two headers changed, as in the middle of a write.
pub fn an_index_that_was_never_finished_tells_nothing() {
    type Change = fn(Vec<u8>) -> Option<Vec<u8>>;
    let table: [(&str, Change, bool); 4] = [
        ("as it was left", Some, true),
        ("never set up", |bytes| Some(vec![0; bytes.len()]), false),
        ("gone", |_| None, false),
        ("half written", |bytes| Some(changed(bytes, 16)), false),
    ];
    for (what, change, counts) in table {
        let place = Place::new();
        database(place.path(), "wal");
        Holder::ready(place.path(), "c = db(); c.execute('insert into t values(7)')").kill();
        let index = place.join("app.db-shm");
        match change(std::fs::read(&index).expect("the index of a dead process")) {
            Some(bytes) => std::fs::write(&index, bytes).expect("it is ours"),
            None => std::fs::remove_file(&index).expect("it is ours"),
        }
        let (status, document) = who(place.path(), "app.db");
        let file = &document["file"];
        let number = |number: u64| if counts { number.into() } else { Value::Null };
        let bytes = file["wal_bytes"].as_u64().expect("there is a log");
        assert_eq!((status, bytes), (1, 4152), "{what}: {file:#}");
        assert_eq!((&file["wal_frames"], &file["wal_copied"]), (&number(1), &number(0)), "{what}: {file:#}");
        let shown = page(place.path(), "app.db").split_whitespace().collect::<Vec<_>>().join(" ");
        let log = if counts { "log of 4,152 bytes: 1 frame (a changed" } else { "log of 4,152 bytes." };
        assert!(shown.contains(log), "{what}: {shown}");
    }
}

/// The same bytes, but for this one.
fn changed(mut bytes: Vec<u8>, at: usize) -> Vec<u8> {
    bytes[at] ^= 1;
    bytes
}
