//! `lesson`: a deadlock and locking teaching simulator.

pub mod analysis;
pub mod check;
pub mod cli;
pub mod machine;
pub mod model;
pub mod report;
pub mod run;
pub mod scenario;
pub mod trace;
pub mod who;
