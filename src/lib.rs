//! `lesson`: a deadlock and locking teaching simulator.

pub mod analysis;
pub mod model;
pub mod report;
pub mod run;
pub mod scenario;
pub mod trace;
