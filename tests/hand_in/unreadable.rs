//! Files that are none, and texts that are to do harm.

use std::fs;

use crate::common::Place;
use crate::learner::{HANDED, changed, done, review};

#[test]
fn a_file_that_can_not_be_read_is_named_and_the_rest_is_reviewed() {
    let place = Place::new();
    place.write("ada.json", &*HANDED);
    place.write("cut.json", &HANDED[..HANDED.len() / 2]);
    place.write("newer.json", HANDED.replacen("\"hand_in\": 1", "\"hand_in\": 2", 1));
    place.write("empty.json", "");
    place.write("bytes.json", [0xff, 0xfe, 0x00]);
    place.write("foreign.json", "{ \"name\": \"thesis\" }");
    fs::create_dir(place.join("folder")).expect("a folder can be made");
    fs::File::create(place.join("huge.json")).and_then(|file| file.set_len(65 << 20)).expect("a file can be long");
    let mut table = vec![
        ("cut.json", "it is broken"),
        ("newer.json", "a newer lesson wrote it (format 2"),
        ("empty.json", "it is empty"),
        ("bytes.json", "it is not text"),
        ("foreign.json", "it is no hand-in"),
        ("folder", "it is a directory"),
        ("huge.json", "it is larger than 64 MiB"),
        ("missing.json", "it can't be read"),
    ];
    #[cfg(unix)]
    {
        nix::unistd::mkfifo(&place.join("pipe"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe can be made");
        table.push(("pipe", "it is no plain file"));
    }
    for (file, reason) in &table {
        review(&place, file).expect_error(&[file, reason]);
    }
    let files: Vec<&str> = table.iter().map(|(file, _)| *file).collect();
    let files = files.join(" ");
    review(&place, &files).expect_error(&["cut.json", "foreign.json", &format!("and {} more", table.len() - 5)]);
    let page = review(&place, &format!("{files} ada.json")).expect(1);
    assert!(page.text().contains("Ada   2 of 2 "), "{}", page.text());
    let words = page.text().split_whitespace().collect::<Vec<_>>().join(" ");
    for (file, reason) in &table {
        assert!(words.contains(&format!("{file} not reviewed: {reason}")), "{file}: {words}");
    }
    let csv = review(&place, &format!("{files} ada.json --csv")).expect(1);
    assert_eq!(csv.text().matches("\r\n").count(), table.len() + 2, "{}", csv.text());
    assert_eq!(csv.text().matches(",no,").count(), table.len());
    let document = review(&place, &format!("{files} ada.json --json")).expect(1).json();
    let unread = document["files"].as_array().expect("a list").iter().filter(|file| file["unreadable"].is_string());
    assert_eq!(unread.count(), table.len());
    assert_eq!(review(&place, "").status, Some(2));
    assert_eq!(review(&place, "ada.json --json --csv").status, Some(2));
}

#[test]
fn hostile_texts_are_harmless() {
    let place = Place::new();
    let names = ["=1+1,\"x\"\n\u{1b}[31m\u{202e}", "@", &"x".repeat(100_000)];
    for (number, name) in names.into_iter().enumerate() {
        let text = changed(|made| {
            made.name = name.into();
            made.course.title = name.into();
            made.left_out = vec![name.into(); 2];
            done(made, 1).runs[0].command = name.into();
            done(made, 2).answers[0].misconception = Some(name.into());
        });
        place.write(&format!("{number}.json"), text);
    }
    place.write("=\u{1b}[2J.json", &*HANDED);
    for option in ["", "--csv", "--json"] {
        let done = review(&place, &format!("0.json 1.json 2.json =\u{1b}[2J.json {option}")).expect(1);
        assert!(!done.text().contains(['\u{1b}', '\u{202e}']), "{option}: {}", done.text());
        assert!(done.text().len() < 20_000, "{option}: {}", done.text().len());
    }
    let csv = review(&place, "0.json 1.json =\u{1b}[2J.json --csv").expect(1);
    let lines: Vec<&str> = csv.text().split("\r\n").collect();
    assert!(lines[1].starts_with("0.json,no,\"'=1+1,\"\"x\"\"\\u{a}\\u{1b}[31m\\u{202e}\","), "{}", lines[1]);
    assert!(lines[2].starts_with("1.json,no,'@,"), "{}", lines[2]);
    assert!(lines[3].starts_with("'=\\u{1b}[2J.json,yes,Ada,"), "{}", lines[3]);
}

#[test]
fn two_files_of_one_name_are_both_there_and_one_learner() {
    let place = Place::new();
    place.write("ada.json", &*HANDED);
    place.write("ada-again.json", &*HANDED);
    place.write("bob.json", changed(|made| made.name = "Bob".into()));
    place.write("eve.json", HANDED.replacen("\"Ada\"", "\"Eve\"", 1));
    let page = review(&place, "ada.json ada-again.json bob.json eve.json").expect(1);
    assert_eq!(page.text().matches("Ada   2 of 2").count(), 2, "{}", page.text());
    for words in ["this name is in ada.json, ada-again.json", "somebody always wins  2 of 2 learners", "eve.json (Eve)"]
    {
        assert!(page.text().contains(words), "{words}: {}", page.text());
    }
    // Bob has handed in Ada's runs; her own second file is no copy of another learner's.
    let words = page.text().split_whitespace().collect::<Vec<_>>().join(" ");
    let copied = "ada.json, ada-again.json, bob.json, eve.json 2 real runs are recorded in all of them";
    assert!(words.contains(copied), "{words}");
    let document = review(&place, "ada.json ada-again.json bob.json --json").expect(0).json();
    let files = ["ada.json", "ada-again.json", "bob.json"];
    assert_eq!(document["copies"], serde_json::json!([{ "files": files, "recordings": 2 }]));
    assert_eq!(review(&place, "ada.json ada-again.json --json").expect(0).json()["copies"], serde_json::json!([]));
    let csv = review(&place, "ada.json ada-again.json bob.json --csv").expect(0);
    assert_eq!(csv.text().matches(",2\r\n").count(), 2, "{}", csv.text());
}
