//! What is wrong in a course is said, with its line; what is less work than before is noticed.

use super::*;
use crate::scenario::parse;

const PAGE: &str = "\
# 1. One

What it is about.

## Predict

Two want one. How does it end?

- a) Both get it,
  at once.
- b) One waits.

<details>
<summary>Answer</summary>

**b.** There is one.

- a, *sharing is free*: It is not
  shared.

Seen: `P2 waits for 3 s`

</details>

## Run

<!-- exit: 1 -->
<!-- types: y -->
```console
$ lesson run my.toml
...
    P2 waits for 12 s
```

## Explain

Because.

<!-- file: my.toml -->
```toml
title = \"t\"
```

## Repair

**Solved when:** no deadlock; nobody
starves.

<details>
<summary>Hint 1</summary>

Look.

</details>

<details>
<summary>Hint 2</summary>

Look again.

</details>

<details>
<summary>Hint 3</summary>

Swap.

</details>

## Transfer

**1. And here?**

- a) Yes.
- b) No.

<details>
<summary>Answer</summary>

**a.** Yes.

- b, *no*: No.

</details>
";

const SCENARIO: &str =
    "title = \"t\"\non = \"flock\"\n[[process]]\nname = \"P1\"\nsteps = [\"lock A\", \"unlock A\"]\n";

/// A course of one lesson, with one text changed.
fn course(file: &str, from: &str, to: &str) -> Result<Course, Vec<Fault>> {
    let files = [
        ("SUMMARY.md", "# Summary\n\n- [1. One](01-one.md)\n"),
        ("book.toml", "[book]\ntitle = \"Mine\"\n"),
        ("01-one.md", PAGE),
        ("exercises/01.toml", SCENARIO),
        ("solutions/01.toml", SCENARIO),
    ];
    let changed = files.map(|(name, text)| match name == file {
        true => {
            assert!(text.contains(from), "{from}");
            (name.to_owned(), text.replacen(from, to, 1).into_bytes())
        }
        false => (name.to_owned(), text.as_bytes().to_owned()),
    });
    Course::new(&changed.into_iter().filter(|(_, text)| !text.is_empty()).collect())
}

#[test]
fn a_page_is_what_it_says() {
    let course = course("", "", "").expect("nothing is wrong");
    assert_eq!((course.title.as_str(), course.lessons.len()), ("Mine", 1));
    let lesson = course.lesson(1).expect("there");
    let questions: Vec<&Question> = lesson.page.questions().collect();
    assert_eq!(questions.len(), 2);
    assert_eq!(
        (questions[0].text.as_str(), questions[1].text.as_str()),
        ("Two want one. How does it end?", "**1. And here?**")
    );
    assert_eq!((questions[0].line, questions[0].right, questions[0].options.len()), (9, 'b', 2));
    assert_eq!(questions[0].options[0].text, "Both get it, at once.");
    let wrong = questions[0].misconception('a').expect("named");
    assert_eq!((wrong.name.as_str(), wrong.text.as_str()), ("sharing is free", "It is not shared."));
    let commands: Vec<&Commands> = lesson.page.commands().collect();
    assert_eq!((commands.len(), commands[0].types.as_deref()), (1, Some("y")));
    assert_eq!(commands[0].typed[0].command, "lesson run my.toml");
    let exercise = lesson.exercise.as_ref().expect("there");
    assert_eq!(exercise.goals, [Goal::NoDeadlock, Goal::NobodyStarves]);
    assert_eq!(exercise.hints, ["Look.", "Look again.", "Swap."]);
}

#[test]
fn what_is_wrong_in_a_course_is_said() {
    let table = [
        ("SUMMARY.md", "- [1. One](01-one.md)", "", "01-one.md is not listed"),
        ("SUMMARY.md", "1. One", "1. Two", "SUMMARY.md:3: this is not the next lesson"),
        ("01-one.md", "# 1. One", "# One", "01-one.md:1: the title has not the number"),
        ("01-one.md", "## Explain", "## Why", "the parts of the page are: Predict, Run, Why"),
        ("01-one.md", "- b) One", "- c) One", "01-one.md:9: a question needs options"),
        ("01-one.md", "**b.** There", "**d.** There", "01-one.md:9: nothing is said of b"),
        ("01-one.md", "**b.** There", "There", "01-one.md:16: the answer does not begin with its letter"),
        ("01-one.md", "- a, *sharing is free*", "- b, *sharing is free*", "nothing is said of a"),
        ("01-one.md", "- a, *sharing is free*", "- a, sharing", "01-one.md:18: this wrong answer has no name"),
        ("01-one.md", "P2 waits for 3 s`", "P2 waits for 3 s", "01-one.md:21: these words are not closed"),
        ("01-one.md", "P2 waits for 3 s", "P2 goes", "no output on the page has `P2 goes`"),
        ("01-one.md", "$ lesson", "lesson", "there is no command in this block"),
        ("01-one.md", "no deadlock; ", "no trouble; ", "01-one.md:46: `no trouble` is no goal"),
        ("01-one.md", "<summary>Hint 2", "<summary>Aside", "`Aside` is neither"),
        ("01-one.md", "**1. And here?**\n\n- a) Yes.\n- b) No.\n", "", "this answer has no question"),
        ("exercises/01.toml", "lock A", "lick A", "exercises/01.toml"),
        ("exercises/01.toml", SCENARIO, "", "the page has goals, and there is no exercises/01.toml"),
        ("solutions/01.toml", SCENARIO, "", "it has no solution"),
        ("01-one.md", PAGE, "", "there is no lesson beside it"),
        ("01-one.md", "Hint 2", "Hint 4", "01-one.md:56: `Hint 4` is the hint number 2"),
        ("01-one.md", "Because.", "See [2](02-two.md).", "01-one.md:37: there is no 02-two.md"),
        ("01-one.md", "P2 waits for 12 s\n```", "P2 waits for 12 s", "01-one.md:29: ``` is never closed"),
        ("01-one.md", "my.toml\n...", "my.toml --html /tmp/x.html\n...", "writes outside of the reader's folder"),
        ("01-one.md", "my.toml\n...", "my.toml --svg=../x\n...", "writes outside of the reader's folder"),
        ("01-one.md", "my.toml\n...", "my.toml --html x.html --force\n...", "may write over a file"),
        ("book.toml", "title", "[title", "book.toml: "),
    ];
    for (file, from, to, said) in table {
        let faults = course(file, from, to).expect_err(said);
        assert!(faults.iter().any(|fault| fault.to_string().contains(said)), "{said}: {faults:#?}");
    }
}

/// What a repaired program does less, by process P1.
fn check(before: &str, after: &str, said: &str) {
    let read = |body: &str| {
        let on = if body.contains("begin") { "sqlite" } else { "flock" };
        let text = format!("title = \"t\"\non = \"{on}\"\n[[process]]\nname = \"P1\"\n{body}\n");
        parse(&text, "test").unwrap_or_else(|mistake| panic!("{mistake}"))
    };
    let missing = duty::missing(&read(before), &read(after));
    assert_eq!(missing.first().map_or("", String::as_str), said, "{before} -> {after}");
}

/// What proves the opposite has the same words, with other numbers.
#[test]
fn an_answer_is_shown_by_the_command_with_its_words() {
    let two = "\n```console\n$ lesson run other.toml\n  P2 waits for 3 s\n```\n\n## Explain";
    let text = PAGE.replacen("\n## Explain", two, 1);
    let page = Page::parse("01-one.md", 1, &text).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let table: [(&str, &[&str]); 4] = [
        ("P2 waits for 3 s", &["lesson run other.toml"]),
        ("P2 waits  for 12 s", &["lesson run my.toml"]),
        ("P2 waits for 7 s", &["lesson run my.toml", "lesson run other.toml"]),
        ("P2 goes for 12 s", &[]),
    ];
    for (words, expected) in table {
        let showing: Vec<&str> = page.showing(words).iter().map(|typed| typed.command.as_str()).collect();
        assert_eq!(showing, expected, "{words}");
    }
}

/// At the first look, and behind the search, where each goal is looked at.
#[test]
fn who_interrupts_a_check_is_heard() {
    let scenario = parse(SCENARIO, "test").expect("sound");
    for goal in Goal::ALL {
        for most in [0, 1] {
            let mut looks = 0;
            let verdict = verify(&scenario, &scenario, &[goal], &TASK, &mut |_| {
                looks += 1;
                looks <= most
            });
            let verdict = verdict.expect("it fits");
            let is_open = matches!(&verdict.goals[0].1, Judged::Unknown(why) if why == "it was interrupted");
            let is_known = matches!(verdict.goals[0].1, Judged::Reached);
            assert!(verdict.answer.interrupted == is_open || is_known, "{goal} {most}: {:?}", verdict.goals);
            let asks_on_its_way = goal.is_in_time() || goal.is_patient();
            assert!(!asks_on_its_way || is_open, "{goal} {most}: {:?}", verdict.goals);
        }
    }
}

#[test]
fn other_units_are_noticed() {
    let read = |head: &str| parse(&SCENARIO.replace("on =", &format!("{head}on =")), "test").expect("sound");
    assert_eq!(duty::missing(&read(""), &read("units = { A = 2 }\n")), ["A has other units"]);
    assert_eq!(duty::missing(&read("units = { A = 2 }\n"), &read("units = { A = 2 }\n")), [""; 0]);
}

#[test]
fn less_work_is_noticed() {
    let both = "steps = [\"lock A\", \"work 200ms\", \"lock B\", \"work 100ms\", \"unlock B\", \"unlock A\"]";
    let base = "steps = [\"begin\", \"select\", \"insert\", \"work 300ms\", \"commit\"]";
    let table = [
        (both, both, ""),
        (both, "steps = [\"lock B\", \"lock A\", \"work 200ms\", \"work 100ms\", \"unlock B\", \"unlock A\"]", ""),
        (
            both,
            "steps = [\"lock A\", \"work 300ms\", \"unlock A\", \"lock B\", \"unlock B\"]",
            "P1 never holds A and B at once",
        ),
        (
            both,
            "steps = [\"lock A\", \"work 250ms\", \"lock B\", \"work 50ms\", \"unlock B\", \"unlock A\"]",
            "P1 works for 50ms with A and B and not for 100ms",
        ),
        (
            both,
            "steps = [\"lock A shared\", \"work 200ms\", \"lock B\", \"work 100ms\", \"unlock B\", \"unlock A\"]",
            "P1 never holds A at once",
        ),
        (both, "steps = [\"work 300ms\"]", "P1 never holds A at once"),
        ("rounds = 2\nsteps = [\"work 1s\"]", "rounds = 3\nsteps = [\"work 1s\"]", ""),
        ("rounds = 2\nsteps = [\"work 1s\"]", "steps = [\"work 2s\"]", "P1 has fewer rounds"),
        ("for = \"2s\"\nsteps = [\"work 1s\"]", "rounds = 9\nsteps = [\"work 1s\"]", "P1 has fewer rounds"),
        ("rounds = 2\nsteps = [\"work 1s\"]", "for = \"1ms\"\nsteps = [\"work 1s\"]", "P1 has fewer rounds"),
        (base, base, ""),
        (base, "steps = [\"work 300ms\", \"begin immediate\", \"select\", \"insert\", \"commit\"]", ""),
        (
            base,
            "steps = [\"begin immediate\", \"insert\", \"work 300ms\", \"commit\"]",
            "P1 has no transaction any more with select, insert",
        ),
        (
            base,
            "steps = [\"begin\", \"select\", \"commit\", \"begin\", \"insert\", \"work 300ms\", \"commit\"]",
            "P1 has no transaction any more with select, insert",
        ),
        (
            base,
            "steps = [\"begin\", \"select\", \"insert\", \"work 30ms\", \"commit\"]",
            "P1 works for 30ms a round and not for 300ms",
        ),
        (
            base,
            "steps = [\"begin\", \"select\", \"insert\", \"work 300ms\", \"rollback\"]",
            "P1 has no transaction any more with select, insert",
        ),
    ];
    for (before, after, said) in table {
        check(before, after, said);
    }
}
