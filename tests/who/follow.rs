//! `lesson who --watch` of a file that comes and goes.

use crate::common::{Place, Running};
use crate::holders::Holder;

const LOCKS: &str = "f = open('a.lock', 'w'); fcntl.flock(f, fcntl.LOCK_EX)";

/// It need not be there yet; what is put in its place is another file, and followed as well.
pub fn a_file_is_followed_before_it_is_there_and_after() {
    type Case<'a> = (&'a str, &'a str, &'a str, &'a [&'a str]);
    let table: [Case<'_>; 2] = [
        (
            "who a.lock --watch 0.1",
            "a.lock is not there",
            "holds exclusive flock",
            &["(python3): exclusive flock", ":", " to "],
        ),
        (
            "who a.lock --watch 0.1 --json",
            "\"absent\":\"a.lock\"",
            "\"words\":\"holds exclusive flock\"",
            &["\"absent\"", "\"at\":\"2", "\"before\":[{\"from\":\"2", "\"words\":\"holds exclusive flock\""],
        ),
    ];
    for (words, absent, held, before) in table {
        let place = Place::new();
        let mut watch = Running::start(place.lesson(words));
        for _ in 0..2 {
            watch.wait_for(&[absent]);
            let holder = Holder::ready(place.path(), LOCKS);
            watch.wait_for(&[held]);
            std::fs::remove_file(place.join("a.lock")).expect("removed");
            holder.finish();
        }
        watch.wait_for(&[absent]);
        watch.wait_for(before);
        assert_eq!(watch.close_and_finish().status, Some(0), "{words}");
    }
    // Without --watch, it is an error.
    Place::new().run("who a.lock").expect_error(&["no such file"]);
}
