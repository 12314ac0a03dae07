//! `lesson who` against real holders that other programs made.
//!
//! Where a program is missing its tests are named, and counted as ignored, not as passed; `.ci/run` installs them all.

#[cfg(target_os = "linux")]
mod beside;
#[cfg(target_os = "linux")]
mod chains;
#[path = "../common/mod.rs"]
mod common;
#[cfg(target_os = "linux")]
mod crossed;
#[cfg(target_os = "linux")]
mod files;
#[cfg(target_os = "linux")]
mod follow;
#[cfg(target_os = "linux")]
mod holders;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod index;
#[cfg(target_os = "linux")]
mod outside;
#[cfg(target_os = "linux")]
mod sqlite;
#[cfg(target_os = "linux")]
#[path = "../common/tool.rs"]
mod tool;

use libtest_mimic::{Arguments, Trial};
#[cfg(target_os = "linux")]
use tool::{Tool, trial};

fn main() -> std::process::ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials()).exit_code()
}

/// Elsewhere than on Linux there is no list of locks, and nothing to compare it with.
#[cfg(not(target_os = "linux"))]
fn trials() -> Vec<Trial> {
    fn it_says_what_it_can_not_do() {
        common::run("who").expect_error(&["can't look"]);
    }
    vec![Trial::test("it_says_what_it_can_not_do", || Ok(it_says_what_it_can_not_do()))]
}

#[cfg(target_os = "linux")]
macro_rules! trials {
    ($($needs:ident: $($room:ident::$name:ident)*;)*) => {
        vec![$($(trial(stringify!($room::$name), &$needs, $room::$name)),*),*]
    };
}

#[cfg(target_os = "linux")]
fn trials() -> Vec<Trial> {
    let python = Tool::new("python3", &["-c", "import sqlite3, fcntl; fcntl.F_OFD_SETLK"]);
    let mut shell = Tool::new("sqlite3", &["--version"]);
    // Python makes the databases for it.
    shell.is_there &= python.is_there;
    let flock = Tool::new("flock", &["--version"]);
    // These two need root as well.
    let namespace = Tool::new("unshare", &["--pid", "--fork", "--mount-proc", "python3", "--version"]);
    let user = Tool::new("setpriv", &["--reuid", "65534", "--clear-groups", "true"]);
    trials! {
        python:
            sqlite::every_state_is_recognised
            sqlite::a_hot_journal_is_no_lock
            sqlite::a_recovery_is_recognised
            sqlite::a_stopped_writer_is_named
            sqlite::a_process_may_be_in_its_own_way
            sqlite::a_database_without_a_header_is_known_by_its_locks
            sqlite::a_database_that_is_cut_short_is_said_to_be
            sqlite::who_has_the_log_to_itself_is_not_said_to_be_in_a_transaction
            index::an_index_that_was_never_finished_tells_nothing
            sqlite::a_reader_without_a_log_is_in_nobodys_way
            sqlite::a_locked_database_is_found_without_its_name
            sqlite::an_flock_on_a_database_is_none_of_sqlites
            files::every_kind_of_lock_is_recognised
            files::a_child_that_keeps_a_dead_parents_flock_is_found
            files::a_lock_is_found_among_many_files
            files::equal_locks_of_open_files_are_told_apart_where_they_can_be
            files::a_ring_through_an_inherited_lock_is_possible
            files::a_ring_is_found_whatever_the_kinds
            files::a_process_that_waits_for_itself_is_found
            files::a_ring_with_free_threads_is_not_called_certain
            files::holders_that_come_and_go_do_no_harm
            files::the_exit_status_says_what_was_found
            chains::a_holder_that_ends_while_we_look_is_not_called_hidden
            chains::the_end_of_a_chain_is_found
            chains::only_who_is_in_the_way_is_to_be_ended
            beside::only_a_databases_own_files_lead_to_it
            beside::kinds_are_one_word_each
            crossed::a_deadlock_that_no_list_shows_is_inferred
            follow::a_file_is_followed_before_it_is_there_and_after
            hostile::every_kind_of_file_gets_a_clear_line
            hostile::what_can_not_be_looked_at_is_one_clear_error
            hostile::a_hostile_command_line_does_no_harm
            hostile::a_file_that_vanishes_is_followed
            hostile::watching_tells_for_how_long
            hostile::watching_ends_as_everything_does
            hostile::looking_changes_nothing;
        shell:
            sqlite::a_shell_left_open_is_named;
        flock:
            files::flock_of_util_linux_and_its_child_are_both_named;
        namespace:
            outside::a_holder_outside_the_namespace_is_told_by_asking
            chains::who_ignores_a_plain_kill_gets_another;
        user:
            outside::another_user_is_told_what_root_would_see;
    }
}
