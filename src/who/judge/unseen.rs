//! What could not be seen, and what that means.

/// Something that could not be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unseen {
    /// The open files of so many processes belong to somebody else.
    OtherUsers(usize),
    /// Not even root may see the open files of so many processes.
    Shielded(usize),
    /// There is no list of locks: why.
    NoList(String),
    /// This process lives in a PID namespace (a container): who holds a lock from outside has no line in the list.
    OwnNamespace,
    /// The list writes this device differently: the lines of this inode number were taken, and `F_GETLK` agrees or not.
    OtherDevice {
        /// As the list has it.
        listed: String,
        /// Whether `F_GETLK` told of a lock, too.
        confirmed: bool,
    },
    /// The list has nothing, and `F_GETLK` tells of a lock.
    OnlyByAsking,
    /// The file is kept by another machine: its file system.
    Network(String),
    /// The file's first bytes could not be read: why.
    Content(String),
    /// Somebody has a lease on it: to open it would break the lease.
    Lease,
    /// Nobody who may be looked at has this lock.
    NoOwner(u64),
    /// So many locks were released while we looked, each time: they were left out.
    Went(usize),
    /// This system shows POSIX locks only, one by one: no `flock`, no waiters, no openers.
    OnlyPosix,
}

impl Unseen {
    /// A sentence for the user, with the remedy where there is one.
    pub fn words(&self) -> String {
        match self {
            Self::OtherUsers(count) => format!(
                "The open files of {} of other users: who only has the file open, and who inherited a lock, may be \
                 missing. Run it as root (`sudo lesson who ...`) to see them.",
                processes(*count)
            ),
            Self::Shielded(count) => {
                format!("The open files of {}: the system keeps them even from root here.", processes(*count))
            }
            Self::NoList(why) => format!(
                "The kernel's list of locks ({why}): flock locks and waiters stay unseen; POSIX and OFD locks were \
                 asked for one by one, with F_GETLK."
            ),
            Self::OwnNamespace => "This is a container (a PID namespace of its own): a holder outside it has no line \
                                   in /proc/locks. POSIX and OFD locks were asked for with F_GETLK as well; an flock \
                                   from outside stays unseen."
                .into(),
            Self::OtherDevice { listed, confirmed } => format!(
                "/proc/locks writes this file's device differently ({listed}), as it does on btrfs and overlay: its \
                 lines were found by the inode number alone, and F_GETLK {}.",
                match confirmed {
                    true => "confirms that a lock is held",
                    false => "does not confirm it (it can't see flock): they may belong to another file",
                }
            ),
            Self::OnlyByAsking => "The list has no line for a lock that F_GETLK tells of: its holder lives outside \
                                   this PID namespace, or on another machine."
                .into(),
            Self::Network(name) => format!(
                "The file lies on {name}, which another machine keeps: locks of processes over there have no line \
                 here, and may not be honoured at all."
            ),
            Self::Content(why) => {
                format!("The file's content ({why}). Whether it is a database is told by its locks alone.")
            }
            Self::Lease => "The file's content: somebody has a lease on it, which opening it would break.".into(),
            Self::NoOwner(count) => format!(
                "The owners of {} (flock and OFD locks belong to an open file): nobody whose open files may be read \
                 has such a lock.",
                if *count == 1 { "1 lock that names none".into() } else { format!("{count} locks that name none") }
            ),
            Self::Went(count) => format!(
                "Who had {}: it was let go during each of our looks: it changes hands faster than one takes.",
                if *count == 1 { "one lock".into() } else { format!("{count} locks") }
            ),
            Self::OnlyPosix => {
                "This system has no list of locks: POSIX locks were asked for one by one, with F_GETLK. \
                                flock locks, waiters and who only has the file open stay unseen; `lsof` lists openers."
                    .into()
            }
        }
    }

    /// Whether somebody may hold a lock all the same of whom no line tells.
    pub fn hides_holders(&self) -> bool {
        matches!(self, Self::OwnNamespace | Self::NoList(_) | Self::OnlyPosix | Self::Network(_) | Self::Went(_))
    }

    /// Whether there may be a deadlock all the same, because not every owner or waiter is known.
    pub fn hides_waits(&self) -> bool {
        self.hides_holders() || matches!(self, Self::OtherUsers(_) | Self::Shielded(_) | Self::NoOwner(_))
    }

    /// A name for scripts.
    pub fn name(&self) -> &'static str {
        match self {
            Self::OtherUsers(_) => "other_users",
            Self::Shielded(_) => "shielded",
            Self::NoList(_) => "no_list",
            Self::OwnNamespace => "own_pid_namespace",
            Self::OtherDevice { .. } => "other_device",
            Self::OnlyByAsking => "only_by_asking",
            Self::Network(_) => "network",
            Self::Content(_) => "content",
            Self::Lease => "lease",
            Self::NoOwner(_) => "no_owner",
            Self::Went(_) => "went",
            Self::OnlyPosix => "only_posix",
        }
    }
}

fn processes(count: usize) -> String {
    if count == 1 { "1 process".into() } else { format!("{count} processes") }
}
