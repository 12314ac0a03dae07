//! The model's numbers, from the plainest possible reading of its rules, against numbers found by hand.

mod agrees;
mod count;
mod facts;
mod fair;
mod holds;
mod laws;
mod naive;
mod patient;
mod random;
mod real;
