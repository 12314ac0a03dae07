//! The playable page.
