//! A child process of a run: the leash, the gate, and the actors that carry out the steps.

mod actor;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, BufReader, Stdin};
use std::path::Path;
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use anyhow::Context;

use super::arena;
use super::backend::{Mutexes, Table};
use super::wire::{Job, Message, Order, short};
use crate::scenario::LockKind;
use actor::Actor;

/// Which thread of the operating system carries out which process of the scenario, for parking_lot's detector.
type Threads = Arc<Mutex<HashMap<ThreadId, usize>>>;

/// The life of a worker: reads its job from standard input, in the room that is its current directory, and tells
/// what happens on standard output.
pub fn main() -> anyhow::Result<()> {
    let mut orders = BufReader::new(io::stdin());
    let mut line = String::new();
    orders.read_line(&mut line)?;
    let job: Arc<Job> =
        serde_json::from_str(&line).map(Arc::new).context("a worker is started by lesson itself, not by hand")?;

    let table = Mutexes::table(job.locks.iter().filter(|lock| lock.1 == LockKind::Mutex).map(|lock| lock.0.as_str()));
    let threads = Threads::default();
    let (mut gates, mut actors) = (BTreeMap::new(), Vec::new());
    for actor in &job.actors {
        let (gate, orders) = mpsc::channel();
        gates.insert(actor.who, gate);
        let (job, actor, table, threads) = (Arc::clone(&job), actor.clone(), Arc::clone(&table), Arc::clone(&threads));
        let name = actor.process.name.clone();
        let life = move || live(&job, actor.who, actor.process, &table, orders, &threads);
        actors.push(thread::Builder::new().name(name).spawn(life)?);
    }
    let temporary = job.temporary;
    thread::Builder::new().name("leash".into()).spawn(move || leash(orders, &gates, &threads, temporary))?;
    for actor in actors {
        match actor.join() {
            Ok(true) => {}
            // The leash has noticed it too, and tidies up before it ends this process.
            Ok(false) => loop {
                thread::park();
            },
            // A panic has told its story on standard error; the conductor sees the exit status.
            Err(_) => std::process::exit(3),
        }
    }
    Ok(())
}

/// One actor from its connections to its end; what goes wrong that is not a refusal is told, not kept. `false` if the
/// conductor is gone and nobody could be told.
fn live(
    job: &Job,
    who: usize,
    process: crate::scenario::Process,
    table: &Table,
    gate: Receiver<Order>,
    threads: &Threads,
) -> bool {
    threads.lock().expect("nobody panics with it").insert(thread::current().id(), who);
    let lived = Actor::new(job, who, process, Arc::clone(table), gate).and_then(Actor::live);
    let Err(error) = lived else { return true };
    let text = short(&format!("{error:#}"));
    Message::Failed { who, text }.send(&mut io::stdout().lock()).is_ok()
}

/// Hands the conductor's orders to the actors, and ends the process when the conductor is gone, `kill -9` included:
/// then standard input ends. Not even a thread that is blocked in `flock` can keep the process alive.
fn leash(orders: BufReader<Stdin>, gates: &BTreeMap<usize, Sender<Order>>, threads: &Threads, temporary: bool) {
    for line in orders.lines() {
        let Ok(line) = line else { break };
        match Order::parse(&line) {
            Some(order @ (Order::Step(who) | Order::Pass(who))) => {
                gates.get(&who).map(|gate| gate.send(order));
            }
            Some(Order::Look) => tell_what_the_detector_sees(threads),
            Some(order) => gates.values().for_each(|gate| {
                let _ = gate.send(order); // an actor that has ended needs no more orders
            }),
            None => {}
        }
    }
    if temporary && let Ok(room) = std::env::current_dir() {
        arena::remove_orphaned(room.parent().unwrap_or(Path::new("")));
    }
    std::process::exit(0);
}

/// Asks parking_lot for deadlocks: its detector sees only its own locks, only when asked.
fn tell_what_the_detector_sees(threads: &Threads) {
    let names = threads.lock().expect("nobody panics with it");
    let mut lines = Vec::new();
    for cycle in parking_lot::deadlock::check_deadlock() {
        for thread in &cycle {
            let Some(&who) = names.get(&thread.thread_id()) else { continue };
            let size = cycle.len();
            lines.push((who, format!("{:?} waits in a cycle of {size} threads", thread.thread_id())));
        }
    }
    lines.sort();
    let mut pipe = io::stdout().lock();
    for line in lines.into_iter().map(Some).chain([None]) {
        if (Message::Detected { line }).send(&mut pipe).is_err() {
            return; // the conductor is gone; the leash ends us
        }
    }
}
