//! Deadlocks of SQLite across two databases: no list shows them.

use serde_json::Value;

use crate::common::Place;
use crate::holders::{Holder, see, who};

/// Both have their own database locked, and ask for the other's again and again.
pub fn a_deadlock_that_no_list_shows_is_inferred() {
    for mode in ["delete", "wal"] {
        let place = Place::new();
        let script = |own: u32, other: u32| {
            format!(
                "c, d = [sqlite3.connect('%d.db' % n, isolation_level=None, timeout=500) for n in ({own}, {other})]
c.execute('pragma journal_mode={mode}'); d.execute('select * from sqlite_master').fetchall()
c.execute('begin immediate'); say('one'); sys.stdin.readline(); d.execute('begin immediate')"
            )
        };
        let mut holders = [script(1, 2), script(2, 1)].map(|script| Holder::python(place.path(), &script));
        holders.iter_mut().for_each(|holder| drop(holder.wait_for("one")));
        let other = |document: &Value| document["may_poll"].as_array().map_or(0, Vec::len);
        holders.iter_mut().for_each(|holder| holder.type_in("\n"));
        let (one, two) = (holders[0].pid(), holders[1].pid());
        let ring = |text: &Value| {
            let text = text.as_str().unwrap_or_default();
            text.contains("may be a deadlock")
                && text.contains(&format!("{one} (python3) may be polling for "))
                && text.contains(&format!("2.db, which {two} (python3) holds"))
                && text.contains("inferred")
        };
        see(place.path(), "1.db", "a ring", |document| ring(&document["file"]["reading"]));
        let document = see(place.path(), "", "a ring", |document| ring(&document["may_poll_words"]));
        assert!(other(&document) >= 2, "{mode}: {document:#}");
        assert_eq!(who(place.path(), "1.db").0, 0);
    }
}
