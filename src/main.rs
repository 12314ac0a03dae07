//! `lesson`: parse, dispatch, exit status; nothing else.

fn main() {}
