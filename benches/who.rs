//! What `lesson who` costs on a crowded machine: 5,000 locks and 2,000 processes, against `lslocks` in the same run.
//!
//! `cargo bench --bench who`, about a minute, most of it for `lslocks`. Its own time has to stay under 100 ms.

#![allow(clippy::print_stdout)] // the figures are its output

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("only Linux has a list of locks to read: nothing was measured");
}

#[cfg(target_os = "linux")]
fn main() -> anyhow::Result<()> {
    linux::main()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsStr;
    use std::fs::File;
    use std::io::Read as _;
    use std::os::unix::process::CommandExt as _;
    use std::path::Path;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use anyhow::Context as _;
    use lesson::machine::limits;

    const LESSON: &str = env!("CARGO_BIN_EXE_lesson");
    const LOCKS: usize = 5_000;
    const PROCESSES: usize = 2_000;
    const TIMES: usize = 15;
    const LIMIT: Duration = Duration::from_millis(100);

    pub fn main() -> anyhow::Result<()> {
        limits::raise_open_files(LOCKS as u64 + 200).map_err(anyhow::Error::msg)?;
        let folder = tempfile::tempdir()?;
        let held = hold(folder.path())?;
        let crowd = Crowd::gather()?;
        let target = folder.path().join("0");
        let in_list = std::fs::read_to_string("/proc/locks")?.lines().count();
        println!("{in_list} locks, {PROCESSES} processes more than usual; median of {TIMES} (the worst)");
        let one = measure("lesson who FILE", TIMES, &[LESSON.as_ref(), "who".as_ref(), target.as_os_str()])?;
        let all = measure("lesson who", TIMES, &[LESSON.as_ref(), "who".as_ref()])?;
        // It takes minutes: once is enough.
        match measure("lslocks", 1, &["lslocks".as_ref()]) {
            Ok(lslocks) => {
                for (name, time) in [("lesson who FILE", one), ("lesson who", all)] {
                    println!("{name} / lslocks: {:.3}", time.as_secs_f64() / lslocks.as_secs_f64());
                }
            }
            Err(error) => println!("no comparison, lslocks is missing: {error}"),
        }
        drop((held, crowd));
        anyhow::ensure!(one < LIMIT && all < LIMIT, "an answer took longer than {LIMIT:?}");
        Ok(())
    }

    /// Half flocks, each on a file of its own; half POSIX locks, a hundred on each of the first files.
    fn hold(folder: &Path) -> anyhow::Result<Vec<File>> {
        use nix::fcntl::{FcntlArg, fcntl};
        use nix::libc::{F_WRLCK, SEEK_SET, flock};

        let files = (0..LOCKS / 2).map(|number| File::create(folder.join(number.to_string())));
        let files = files.collect::<Result<Vec<_>, _>>()?;
        for (number, file) in files.iter().enumerate() {
            file.lock()?;
            let start = i64::try_from(number % 100 * 2)?;
            let range = flock { l_type: F_WRLCK as _, l_whence: SEEK_SET as _, l_start: start, l_len: 1, l_pid: 0 };
            fcntl(&files[number / 100], FcntlArg::F_SETLK(&range))?;
        }
        Ok(files)
    }

    /// Processes that do nothing; they end with this one.
    struct Crowd(Child);

    impl Crowd {
        /// A shell starts them that has closed what it inherited, so that the same is measured wherever this is run.
        fn gather() -> anyhow::Result<Self> {
            let script = format!(
                "for fd in $(ls /proc/self/fd); do [ $fd -lt 3 ] || eval \"exec $fd>&-\"; done
                i=0; while [ $i -lt {PROCESSES} ]; do sleep 600 & i=$((i + 1)); done; echo; wait"
            );
            let mut shell = Command::new("bash");
            shell.args(["-c", &script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
            let mut crowd = Self(shell.process_group(0).spawn().context("bash starts the crowd")?);
            let ready = crowd.0.stdout.as_mut().context("piped")?.read(&mut [0])?;
            anyhow::ensure!(ready == 1, "2,000 processes are needed");
            Ok(crowd)
        }
    }

    impl Drop for Crowd {
        fn drop(&mut self) {
            let group = i32::try_from(self.0.id()).map(nix::unistd::Pid::from_raw);
            let _ = group.map(|group| nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL));
            let _ = self.0.wait();
        }
    }

    /// The processor time of a command, of all its threads together: what other programs do at the same time does not
    /// count. The time by the clock is printed beside it.
    fn measure(name: &str, times: usize, words: &[&OsStr]) -> anyhow::Result<Duration> {
        let (mut own, mut clock) = (Vec::new(), Vec::new());
        for _ in 0..times {
            let (start, before) = (Instant::now(), processor_time()?);
            Command::new(words[0]).args(&words[1..]).stdout(Stdio::null()).stderr(Stdio::null()).status()?;
            clock.push(start.elapsed());
            own.push(processor_time()?.saturating_sub(before));
        }
        own.sort_unstable();
        clock.sort_unstable();
        let (middle, last) = (times / 2, times - 1);
        println!(
            "{name}: {:.1?} of processor time ({:.1?}); {:.1?} by the clock ({:.1?})",
            own[middle], own[last], clock[middle], clock[last]
        );
        Ok(own[middle])
    }

    /// Of all children that have ended.
    fn processor_time() -> anyhow::Result<Duration> {
        use nix::sys::resource::{UsageWho, getrusage};

        let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let span = |time: nix::sys::time::TimeVal| -> anyhow::Result<Duration> {
            Ok(Duration::from_micros(u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec())?))
        };
        Ok(span(usage.user_time())? + span(usage.system_time())?)
    }
}
