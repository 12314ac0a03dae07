//! The class: page, document, spreadsheet.

use crate::common::Place;
use crate::learner::{HANDED, course, review};
use lesson::course::{Review, Share};
use lesson::report::Style;
use lesson::report::review::Class;
use serde_json::json;

#[test]
fn a_good_file_is_consistent() {
    let place = Place::new();
    place.write("ada.json", &*HANDED);
    let page = "\
A course of two, 1 file

name  lessons  predictions   exercises  traces  remarks
────  ───────  ────────────  ─────────  ──────  ──────────
Ada   2 of 2   1 of 2 right  1 of 1     2 of 2  consistent

Misconceptions behind first answers:
  somebody always wins  1 of 1 learner

A file that is consistent agrees with itself, with the course and with the rules
of locking: nobody changed it carelessly. It does not show who made it, nor
whether alone: that no file can show.
";
    assert_eq!(review(&place, "ada.json").expect(0).text(), page);
    let mut document = review(&place, "ada.json --json").expect(0).json();
    let made = document["files"][0]["at"].take();
    assert_eq!(made.as_str().map(str::len), Some(20));
    let expected = json!({
        "lesson": env!("CARGO_PKG_VERSION"), "command": "review", "ok": true, "learners": 1,
        "course": { "title": "A course of two", "lessons": 2, "exercises": 1 },
        "proves": "consistency, not identity",
        "misconceptions": [{ "name": "somebody always wins", "learners": 1 }],
        "files": [{
            "file": "ada.json", "consistent": true, "name": "Ada", "at": null, "lesson": env!("CARGO_PKG_VERSION"),
            "lessons": 2, "predictions": { "right": 1, "made": 2 }, "answers": { "right": 3, "made": 4 },
            "exercises": { "solved": 1, "claimed": 1 }, "traces": { "possible": 2, "there": 2 },
            "transcripts": { "told": 2, "compared": 2 }, "misconceptions": ["somebody always wins"],
            "faults": [], "notes": [],
        }],
        "copies": [],
    });
    assert_eq!(document, expected, "{document:#}");
    let csv = review(&place, "ada.json --csv").expect(0);
    let version = env!("CARGO_PKG_VERSION");
    let at = made.as_str().expect("a time");
    let expected = format!(
        "file,consistent,name,at,lesson,lessons_done,lessons,predictions_right,predictions_made,answers_right,\
         answers_made,exercises_solved,exercises,traces_possible,traces,misconceptions,faults,notes,same_name\r\n\
         ada.json,yes,Ada,{at},{version},2,2,1,2,3,4,1,1,2,2,somebody always wins,,,\r\n"
    );
    assert_eq!(csv.text(), expected);
}

/// A class made by hand, at two widths.
#[test]
fn a_narrow_page_has_blocks() {
    let share = |good, of| Share { good, of };
    let ada = Review {
        name: "Ada Lovelace, Countess".into(),
        lessons: 2,
        predictions: share(1, 2),
        exercises: share(1, 1),
        traces: share(2, 2),
        misconceptions: ["somebody always wins".to_owned()].into(),
        notes: vec!["lesson 1: its prediction was made after its first run".into()],
        ..Review::default()
    };
    let bob = Review { name: "Bob".into(), faults: vec!["its seal does not fit".into()], ..Review::default() };
    let files = [
        ("ada.json".to_owned(), Ok(ada)),
        ("bob.json".to_owned(), Ok(bob)),
        ("x".to_owned(), Err("it is a directory; name the files in it".to_owned())),
    ];
    let course = course();
    let class = Class { course: &course, files: &files };
    let wide = "\
A course of two, 3 files

name              lessons  predictions   exercises  traces  remarks
────────────────  ───────  ────────────  ─────────  ──────  ──────────────────
Ada Lovelace, C…  2 of 2   1 of 2 right  1 of 1     2 of 2  consistent, 1 note
Bob               0 of 2   0 of 0        0 of 1     0 of 0  1 fault

Wrong:
  bob.json (Bob)
    its seal does not fit
  x
    not reviewed: it is a directory; name the files in it

Noted:
  ada.json (Ada Lovelace, C…)
    lesson 1: its prediction was made after its first run

Misconceptions behind first answers:
  somebody always wins  1 of 1 learner

A file that is consistent agrees with itself, with the course and with the rules
of locking: nobody changed it carelessly. It does not show who made it, nor
whether alone: that no file can show.
";
    let narrow = "\
A course of two, 3 files

Ada Lovelace, C…
  lessons: 2 of 2
  predictions: 1 of 2 right
  exercises: 1 of 1
  traces: 2 of 2
  remarks: consistent, 1 note
Bob
  lessons: 0 of 2
  predictions: 0 of 0
  exercises: 0 of 1
  traces: 0 of 0
  remarks: 1 fault

Wrong:
  bob.json (Bob)
    its seal does not fit
  x
    not reviewed: it is a directory; name the
    files in it

Noted:
  ada.json (Ada Lovelace, C…)
    lesson 1: its prediction was made after its
    first run

Misconceptions behind first answers:
  somebody always wins  1 of 1 learner

A file that is consistent agrees with itself, with
the course and with the rules of locking: nobody
changed it carelessly. It does not show who made
it, nor whether alone: that no file can show.
";
    assert_eq!(class.page(Style { color: false, width: 80 }), wide);
    assert_eq!(class.page(Style { color: false, width: 50 }), narrow);
}
