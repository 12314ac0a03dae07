//! `lesson hand-in` and `lesson review` from outside: what is honest is found consistent, what is not is named.

#[path = "../common/mod.rs"]
mod common;

mod changed;
mod handed;
mod learner;
mod reviewed;
mod unreadable;
