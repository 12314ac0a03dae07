//! The exports in the hands of SPIN: it has to find as many states, moves and deadlocks as the model has.
//!
//! Needs `spin` and `cc`; where one is missing, it says so and counts nothing. What TLC finds was compared by hand.

#[path = "export/checker.rs"]
mod checker;
#[path = "export/features.rs"]
mod features;
#[path = "explore/random.rs"]
#[allow(dead_code)] // drawn from for other tests, too
mod random;
#[path = "export/texts.rs"]
mod texts;
