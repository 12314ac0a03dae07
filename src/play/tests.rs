//! The game, its verdicts and its pages.
