//! The reading of a COMMIT that waits for readers of whom none can be seen.

use super::super::parties::Party;
use super::super::sight::Doing;
use super::{Cause, LET_IT_GO_ON, LOOK_FROM_OUTSIDE, Reading, Scene, count, verb};

impl Scene<'_> {
    /// PENDING, and nobody else reads that we know of.
    pub(super) fn pending_alone(&self, who: &[&Party]) -> Reading {
        let text = format!(
            "{} {} to write a COMMIT into the file (PENDING): no new reader is let in, and everybody gets `database is \
             locked`.{}{} No reader is seen for whom it would still wait. Either the last one has just gone, and the \
             COMMIT follows in a moment; or one is out of sight, in another container or on another machine; or the \
             COMMIT was refused and not tried again: SQLite keeps PENDING until it is, or until a ROLLBACK.",
            self.names(who),
            verb(count(who), "want"),
            self.pastimes(who),
            self.polling(),
        );
        let (cause, fix) = if who.iter().any(|party| self.doing(party) == Doing::Stopped) {
            (Cause::Stopped, LET_IT_GO_ON.to_owned())
        } else if let Some(fix) = self.shell(who) {
            (Cause::ShellLeftOpen, fix)
        } else if who.iter().all(|party| party.pids.is_empty()) {
            (Cause::OutOfSight, LOOK_FROM_OUTSIDE.to_owned())
        } else {
            let fix = "Look again. If it stays so, the program has to answer a COMMIT that fails with SQLITE_BUSY: try \
                       it again, or ROLLBACK, and not go on with something else.";
            (Cause::Pending, fix.to_owned())
        };
        self.reading(cause, text, &fix, who)
    }
}
