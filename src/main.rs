//! `lesson`: parse, dispatch, exit status; nothing else.

use lesson::run::*;
struct P;
impl Watcher for P {
    fn event(&mut self, e: &lesson::trace::Event) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string(e)?);
        Ok(())
    }
}
fn main() -> anyhow::Result<()> {
    let a: Vec<String> = std::env::args().collect();
    if a[1] == "worker" {
        return worker::main();
    }
    let s: lesson::scenario::Scenario = toml::from_str(&std::fs::read_to_string(&a[1])?)?;
    let arena = Arena::new(None)?;
    let o = Options {
        arena: &arena,
        label: "x".into(),
        seed: 1,
        patience: std::time::Duration::from_millis(500),
        on_deadlock: OnDeadlock::Watch,
        schedule: None,
        deadline: None,
    };
    let t = run(&s, &o, &mut P)?;
    println!("{:#?}", t.outcome);
    Ok(())
}
