//! Makes an output comparable: takes out what differs from run to run, and nothing else.

use std::sync::LazyLock;

use regex_lite::{Captures, Regex};

use crate::luck::Luck;
use crate::page::WITNESS;

/// The width that the program lays its text out for when nobody looks at it.
const WIDTH: usize = 80;

/// A refusal within this time did not wait.
const AT_ONCE_MS: f64 = 100.0;

/// The text without its wrapping, its times, its ids and its pictures, and without what `luck` decides.
pub fn plain(text: &str, luck: Luck) -> String {
    let mut lines = unwrapped(text);
    pictures(&mut lines);
    let mut lines: Vec<String> = lines.iter().map(|line| plain_line(line, luck)).collect();
    if luck.order {
        lines = in_any_order(lines);
    }
    let squeezed = |line: &String| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n";
    lines.iter().map(squeezed).collect::<String>().trim_end().to_owned() + "\n"
}

/// Undoes the wrapping: a line goes on in the next one if that one's first word had no room left.
fn unwrapped(text: &str) -> Vec<String> {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines: Vec<String> = Vec::new();
    let mut last_width = 0;
    for line in text.lines() {
        let word = line.split_whitespace().next().map_or(0, |word| word.chars().count());
        let width = line.chars().count();
        let goes_on = |last: &String| {
            let wide_enough = last_width <= WIDTH && last_width + 1 + word > WIDTH;
            word > 0 && wide_enough && indent(line) >= indent(last) && is_prose(last) && is_prose(line) && !begins(line)
        };
        match lines.last_mut().filter(|last| goes_on(last)) {
            Some(last) => *last += &format!(" {}", line.trim_start()),
            None => lines.push(line.to_owned()),
        }
        last_width = width;
    }
    lines
}

/// Neither a lane nor a row of a table: these are as wide as the page, and end where they end.
fn is_prose(line: &str) -> bool {
    let is_drawn = line.contains(['█', '▄', '▒']) || line.contains("···") || line.contains("───");
    !is_drawn && !ROW.is_match(line)
}

/// The first line of something: an event, or a gap.
fn begins(line: &str) -> bool {
    static STAMP: LazyLock<Regex> = LazyLock::new(|| regex(r"^ *\d+\.\d{3} s "));
    line == "..." || STAMP.is_match(line)
}

/// Replaces the lanes by their names, the rulers and scales by words.
fn pictures(lines: &mut [String]) {
    static SCALE: LazyLock<Regex> = LazyLock::new(|| regex(r"^ +0 s +\d.* (s|ms|µs)$"));
    let mut in_lanes = false;
    for line in lines {
        let is_legend = line.starts_with("    ") && in_lanes;
        if SCALE.is_match(line) {
            in_lanes = true;
            *line = "(scale)".into();
        } else if is_legend {
            in_lanes = false;
            *line = "(legend)".into();
        } else if line.is_empty() || line == "..." {
            in_lanes = false;
        } else if in_lanes {
            *line = format!("{} (lane)", line.split_whitespace().next().unwrap_or_default());
        } else if line.trim().chars().all(|c| c == '─' || c == ' ') {
            *line = "(ruler)".into();
        }
    }
}

fn plain_line(line: &str, luck: Luck) -> String {
    if let Some(row) = table_row(line, luck) {
        return row;
    }
    let mut line = line.to_owned();
    if line.contains(" is refused ") || COUNTED.is_match(&line) {
        line = WAITED.replace_all(&line, at_once_or_late).into_owned();
    }
    line = replaced(&line, &RULES);
    line = TIME.replace_all(&line, "(time)").into_owned();
    if luck.counts {
        line = counts(&line);
    }
    if luck.names {
        line = replaced(&line, &NAMES);
    }
    line
}

/// The essence of a refusal: did it come at once, or after a wait?
fn at_once_or_late(found: &Captures) -> String {
    let ms = |number: usize, unit: usize| -> Option<f64> {
        let number: f64 = found.get(number)?.as_str().parse().ok()?;
        Some(match found.get(unit)?.as_str() {
            "s" => number * 1e3,
            "ms" => number,
            _ => number / 1e3,
        })
    };
    let longest = ms(3, 4).or_else(|| ms(1, 2)).unwrap_or(f64::INFINITY);
    if longest < AT_ONCE_MS { "at once".into() } else { "after a wait".into() }
}

/// What is taken out everywhere. Times that somebody asked for (`works for 300 ms`) are kept: they lose their blank.
static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    rules(&[
        (r"(works for|waits up to|in force:|patience ends after|timeout of|A task takes) (\d\S*) (s|ms|µs)", "$1 $2$3"),
        (r"\d+%", "(percent)"),
        (r"\(pid \d+\)", "(pid)"),
        // Of `lesson who`: a process, a row of its table, the command that would end somebody.
        (r"\b\d+ \((\w+)\)", "(pid) ($1)"),
        (r"^ *\d+  +(.*\S)  +\S+  +(?:\d+ min )?\d+ s  +\S.*$", "(pid) $1 (process)"),
        (r"\bkill \d+", "kill (pid)"),
        (r"taken by \d+", "taken by (pid)"),
        (r"\S*/lesson-arena-\w{6}/", "(arena)/"),
        (r"^( *)\d+:( +->)? +(FLOCK|POSIX|OFDLCK)", "$1(id):$2 $3"),
        (r"(READ|WRITE) \d+ [0-9a-f]+:[0-9a-f]+:\d+", "$1 (pid) (file)"),
        (r"(READ|WRITE) -1 [0-9a-f]+:[0-9a-f]+:\d+", "$1 -1 (file)"),
        (r"ThreadId\(\d+\)", "ThreadId"),
        // Who speaks last closes the cycle.
        (r"\S+ +closes a cycle", "somebody closes a cycle"),
        (r"seen: \d+ transactions a second; one process made \d+ of them, another \d+", "seen: (rates)"),
    ])
});

/// What `luck: names` takes out: the names of processes, and with them the letters of their locks.
static NAMES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    rules(&[
        (r"\bP\d+\b", "(name)"),
        (r"\b[A-Z]\b", "(lock)"),
        (r"\bround \d+", "(round)"),
        (r"\battempt \d+", "(attempt)"),
    ])
});

static TIME: LazyLock<Regex> = LazyLock::new(|| regex(r"(\d+ min )?\d+(\.\d+)? (s|ms|µs)\b"));

static WAITED: LazyLock<Regex> = LazyLock::new(|| regex(r"after (\d[\d.]*) (s|ms|µs)(?: to (\d[\d.]*) (s|ms|µs))?"));

static COUNTED: LazyLock<Regex> = LazyLock::new(|| regex(r"^ *\d+ x "));

/// Name, timeout, stored, refused, retries, time, needed, worst, fair.
static ROW: LazyLock<Regex> = LazyLock::new(|| {
    let time = r"(?:for ever|\d\S* \S+)";
    regex(&format!(
        r"^(\S+) +(-|\d\S* m?s) +(\d+|\d+ of \d+) +(\d+) +(\d+) +({time}) +(?:-|\d+%) +{time} +(-|\d\.\d\d)$"
    ))
});

/// A row of a table of fixes: what was timed is taken out, by column.
fn table_row(line: &str, luck: Luck) -> Option<String> {
    let row = ROW.captures(line)?;
    let number = |text: &str| match luck.counts {
        true if text.contains("of") => counts(text),
        true if text != "0" => "some".to_owned(),
        _ => text.to_owned(),
    };
    let (done, refused, retries) = (number(&row[3]), number(&row[4]), number(&row[5]));
    let time = if &row[6] == "for ever" { "for ever" } else { "(time)" };
    let fair = if luck.counts { "(fair)" } else { &row[7] };
    Some(format!("{} {} {done} {refused} {retries} {time} {fair}", &row[1], &row[2]))
}

/// What `luck: counts` takes out.
fn counts(line: &str) -> String {
    static PART: LazyLock<Regex> = LazyLock::new(|| regex(r"\b(\d+) of (\d+)\b"));
    static RULES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
        rules(&[
            (r"^( *)\d+ acknowledged", "$1(count) acknowledged"),
            (r"^( *)\d+ x ", "$1(count) x "),
            (r"\b[1-9]\d* refused", "some refused"),
            (r"(\d+ rows are|1 row is) lost", "some rows are lost"),
            (r"^Rows were lost in [1-9]\d* of (\d+) runs\. Stored by a run: .*", "Rows were lost in some of $1 runs."),
        ])
    });
    let line = replaced(line, &RULES);
    let part = |found: &Captures| match found[1] == found[2] {
        true => found[0].to_owned(),
        false => format!("fewer than {} of {}", &found[2], &found[2]),
    };
    PART.replace_all(&line, part).into_owned()
}

/// Sorts the lines of each story, and the pairs of lines of the second witness. Where lines were left out, they may
/// have been left out between any two.
fn in_any_order(lines: Vec<String>) -> Vec<String> {
    let mut sorted = Vec::new();
    let mut group: Vec<String> = Vec::new();
    let mut pairs = false;
    for line in lines.into_iter().chain([String::new()]) {
        let (is_story, is_gap) = (line.trim_start().starts_with("(time) "), line == "...");
        let is_witness = pairs && line.starts_with("  ");
        match group.last_mut() {
            Some(last) if is_witness && line.starts_with("      ") && last != "..." => *last += &line,
            _ if is_story || is_witness || is_gap => group.push(line),
            _ => {
                sorted.extend(sort_group(std::mem::take(&mut group)));
                pairs = line.starts_with(WITNESS);
                sorted.push(line);
            }
        }
    }
    sorted
}

fn sort_group(mut group: Vec<String>) -> Vec<String> {
    const GAP: &str = "...";
    let count = group.len();
    group.retain(|line| line != GAP);
    group.sort();
    if group.len() == count || group.is_empty() {
        return if count > 0 && group.is_empty() { vec![GAP.into()] } else { group };
    }
    let with_gaps = group.into_iter().flat_map(|line| [GAP.to_owned(), line]);
    with_gaps.chain([GAP.to_owned()]).collect()
}

fn replaced(line: &str, rules: &[(Regex, &str)]) -> String {
    rules.iter().fold(line.to_owned(), |line, (from, to)| from.replace_all(&line, *to).into_owned())
}

fn rules(rules: &[(&str, &'static str)]) -> Vec<(Regex, &'static str)> {
    rules.iter().map(|(from, to)| (regex(from), *to)).collect()
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

pub fn what_differs_from_run_to_run_is_taken_out() {
    let luck = |text: &str| Luck::parse(text).expect("luck");
    let none = Luck::default();
    let same = [
        (none, "    0.302 s P1 commits: 1 row stored", "   11.002 s P1 commits: 1 row stored"),
        (
            none,
            "  2 x locked (SQLITE_BUSY, code 5), after 503 ms to 505 ms",
            "  2 x locked (SQLITE_BUSY, code 5), after 5.01 s",
        ),
        (none, "    0.5 s P3 is refused A after 85 µs: no", "    0.5 s P3 is refused A after 13 ms: no"),
        (none, "   0 s          48 ms\nP1  ··███\n    █ holds, · waits", "   0 s        1.25 s\nP1\n    █ holds"),
        (
            none,
            "  1: -> FLOCK  ADVISORY  WRITE 2959 fe:00:10010818 0 EOF",
            " 42: -> FLOCK  ADVISORY  WRITE 7 0f:01:1 0 EOF",
        ),
        (
            none,
            "queue   0 s  6 of 6  0  0  1.84 s  100%  910 ms  1.00",
            "queue   0 s  6 of 6  0  0  2.0 s  91%  2.10 s  1.00",
        ),
        (
            none,
            "12  RESERVED  ada   12 s      lesson worker -- import\n    kill 12",
            "4711  RESERVED  root  1 min 2 s  /b/lesson worker\n    kill 4711",
        ),
        (none, "  7 (lesson) holds /tmp/lesson-arena-Gq2x0B/a", "  4711 (lesson) holds /t/lesson-arena-Zk0fTd/a"),
        (luck("names"), "    0.0 s P1 gives round 2 up", "    0.1 s P3 gives round 1 up"),
        (luck("counts"), "  4 of 6 rows stored", "  2 of 6 rows stored"),
        (
            luck("counts"),
            "retry  0 s  6 of 6  23  23  2.02 s  92%  1.35 s  1.00",
            "retry  0 s  6 of 6  7  7  2.0 s  9%  1.3 s  0.50",
        ),
        (luck("order"), "    0.1 s P1 gets A\n    0.2 s P2 gets B", "    0.1 s P2 gets B\n    0.1 s P1 gets A"),
    ];
    for (luck, one, other) in same {
        assert_eq!(plain(one, luck), plain(other, luck));
    }
    let different = [
        (luck("order, names, counts"), "  6 of 6 rows stored", "  5 of 6 rows stored"),
        (luck("order, names, counts"), "  0 refused", "  1 refused"),
        (none, "    0.1 s P1 gets A\n    0.2 s P2 gets B", "    0.1 s P2 gets B\n    0.1 s P1 gets A"),
        (none, "    0.5 s P3 is refused A after 85 µs: no", "    0.5 s P3 is refused A after 5.01 s: no"),
        (none, "4711  RESERVED  ada   12 s      lesson", "4711  SHARED  ada   12 s      lesson"),
        (none, "    0.5 s P3 works for 300 ms", "    0.5 s P3 works for 3 s"),
        (none, "  on sqlite, busy timeout in force: 5 s", "  on sqlite, busy timeout in force: 500 ms"),
        (
            luck("counts"),
            "queue   0 s  6 of 6  0  0  1.84 s  100%  910 ms  1.00",
            "queue   0 s  6 of 6  1  0  1.84 s  100%  910 ms  1.00",
        ),
        (
            luck("counts"),
            "crossed  -  0 of 3  0  0  for ever  -  for ever  -",
            "crossed  -  0 of 3  0  0  1.0 s  9%  1.0 s  1.00",
        ),
    ];
    for (luck, one, other) in different {
        assert_ne!(plain(one, luck), plain(other, luck));
    }
}

pub fn wrapping_is_undone() {
    let narrow = "  Took 12.08 s; what was held and worked needs 12.02 s by itself, which no order\n  can beat: 100%.";
    let wide = "  Took 92 ms; what was held and worked needs 82 ms by itself, which no order can\n  beat: 99%.";
    assert_eq!(plain(narrow, Luck::default()), plain(wide, Luck::default()));
    assert_eq!(plain("one\ntwo", Luck::default()), "one\ntwo\n");
}
