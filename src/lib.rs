//! `lesson`: a deadlock and locking teaching simulator.

pub mod machine;
pub mod model;
pub mod scenario;
pub mod trace;
pub mod who;
