//! The pages that lesson writes, in a real browser: opened from disk, clicked, played, printed.
//!
//! Where Chromium, Node.js or its package is missing the tests are named, and counted as ignored, not as passed;
//! `.ci/run` installs them all.

#[path = "../common/mod.rs"]
mod common;
mod driver;
mod pages;
#[path = "../common/tool.rs"]
mod tool;

use libtest_mimic::{Arguments, Trial};
use tool::{Tool, trial};

fn main() -> std::process::ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

macro_rules! trials {
    ($needs:ident: $($name:ident)*) => {
        vec![$(trial(stringify!($name), &$needs, pages::$name)),*]
    };
}

fn trials() -> Vec<Trial> {
    let mut browser = Tool::new("chromium", &["--version"]);
    browser.is_there &= Tool::new("node", &["--version"]).is_there && driver::is_installed();
    trials! {
        browser:
            every_page_opens_from_disk_and_asks_nobody
            lanes_stand_out_from_the_paper
            the_instant_stays_in_sight
            nothing_of_the_instant_is_hidden
            the_run_of_the_cursor_is_named
            hostile_names_stay_text
            the_scrubber_moves_through_time
            a_piece_under_the_mouse_is_told_with_its_time
            keys_move_a_run_that_was_chosen
            a_game_is_played_by_clicks
            a_game_is_played_by_keys
            any_shortest_way_is_played_where_the_states_are_too_many
            a_hint_knows_the_point_of_no_return
    }
}
