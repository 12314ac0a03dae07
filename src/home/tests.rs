//! The progress survives whatever happens to it.

use std::fs;
use std::thread;

use super::*;

fn home() -> (tempfile::TempDir, Home) {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let home = Home { dir: dir.path().join("deep/home") };
    (dir, home)
}

fn count(home: &Home) -> usize {
    home.read().expect("it can be read").course("lesson").values().map(|done| done.answers.len()).sum()
}

fn answer(home: &Home, number: usize) -> anyhow::Result<Option<PathBuf>> {
    home.change(|progress| {
        let answered = crate::course::Answered {
            at: "2026-01-01T00:00:00Z".into(),
            question: 0,
            letter: Some('a'),
            right: true,
            misconception: None,
        };
        progress.lesson("lesson", number).answers.push(answered);
    })
}

#[test]
fn many_writers_lose_nothing() {
    let (_dir, home) = home();
    assert_eq!(count(&home), 0);
    thread::scope(|scope| {
        for number in 1..=8 {
            let home = &home;
            scope.spawn(move || (0..10).for_each(|_| drop(answer(home, number).expect("written"))));
        }
    });
    assert_eq!(count(&home), 80);
}

#[test]
fn a_broken_file_is_put_aside_and_never_written_over() {
    let (_dir, home) = home();
    for (number, text) in ["{\"version\": 1, \"cour", "", "\u{0}\u{0}", "[]"].into_iter().enumerate() {
        answer(&home, 1).expect("written");
        fs::write(home.progress_file(), text).expect("broken");
        let error = home.read().expect_err("broken").to_string();
        assert!(error.contains("it is broken") && !error.contains('\n'), "{error}");
        let aside = answer(&home, 2).expect("written").expect("put aside");
        assert!(aside.ends_with(format!("progress.broken-{}.json", number + 1)), "{}", aside.display());
        assert_eq!(fs::read_to_string(aside).expect("kept"), text);
        assert_eq!(count(&home), 1);
    }
}

#[test]
fn a_newer_file_is_left_as_it_is() {
    let (_dir, home) = home();
    answer(&home, 1).expect("written");
    let newer = "{\"version\": 2, \"everything\": \"else\"}";
    fs::write(home.progress_file(), newer).expect("written");
    for error in [home.read().map(drop), answer(&home, 1).map(drop)] {
        let error = error.expect_err("newer").to_string();
        assert!(error.contains("a newer lesson wrote it (format 2"), "{error}");
    }
    assert_eq!(fs::read_to_string(home.progress_file()).expect("there"), newer);
}

#[cfg(unix)]
#[test]
fn what_is_no_plain_file_is_refused_and_a_link_is_followed() {
    let (dir, home) = home();
    answer(&home, 1).expect("written");
    let real = dir.path().join("real.json");
    fs::rename(home.progress_file(), &real).expect("moved");
    std::os::unix::fs::symlink(&real, home.progress_file()).expect("a link");
    answer(&home, 1).expect("written");
    assert!(fs::symlink_metadata(home.progress_file()).expect("there").is_symlink());
    assert_eq!(count(&home), 2);
    for name in [PROGRESS, "progress.lock"] {
        let file = home.dir().join(name);
        fs::remove_file(&file).expect("there");
        nix::unistd::mkfifo(&file, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
        let error = format!("{:#}", answer(&home, 1).expect_err(name));
        assert!(error.contains("is no plain file"), "{error}");
        fs::remove_file(&file).expect("there");
        fs::write(&file, if name == PROGRESS { "{\"version\":1,\"courses\":{}}" } else { "" }).expect("written");
    }
}
