//! Where results go: standard output, and the files of `--record`, `--trace`, `--html`, `--svg` and `--perfetto`.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context, bail};

use crate::picture;
use crate::report::{Transcript, clean};
use crate::trace::Recording;

/// The options of every command that runs something.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Output {
    /// Print one JSON document instead of the story
    #[arg(long)]
    pub(super) json: bool,
    /// Print nothing: the files and the exit status tell
    #[arg(long, short, conflicts_with = "json")]
    pub(super) quiet: bool,
    /// Write the transcript to hand in: the machine, the story, the lanes, the table
    #[arg(long, value_name = "FILE")]
    pub(super) record: Option<PathBuf>,
    /// Write the events as JSON Lines; `lesson show FILE` renders them again
    #[arg(long, value_name = "FILE")]
    pub(super) trace: Option<PathBuf>,
    #[command(flatten)]
    pub(super) pictures: Pictures,
    /// Keep the databases and lock files in this directory
    #[arg(long, value_name = "DIR")]
    pub(super) dir: Option<PathBuf>,
    /// The seed of all jitter
    #[arg(long, value_name = "N", default_value_t = 1, allow_hyphen_values = true)]
    pub(super) seed: u64,
}

/// The options of every command that has a recording to draw.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Output")]
pub(super) struct Pictures {
    /// Write a page to look at: lanes to scale, a cursor through time, who waits for whom at each moment. One file,
    /// for any browser, without a network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the lanes as SVG, for slides and reports
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
    /// Write a trace for ui.perfetto.dev or chrome://tracing
    #[arg(long, value_name = "FILE")]
    perfetto: Option<PathBuf>,
    /// Overwrite such files even if lesson did not write them
    #[arg(long)]
    force: bool,
}

/// A file that is to be written: its option, its name, and how the first line of one of ours is known.
pub(super) type Target<'a> = (&'static str, &'a Path, IsOurs);

/// Whether a file that begins with this line was written by lesson.
pub(super) type IsOurs = fn(&str) -> bool;

/// Whoever read our standard output has gone away: that is no error.
#[derive(Debug, thiserror::Error)]
#[error("standard output was closed")]
pub(super) struct PipeClosed;

/// The file that has what is printed, too (`--also-into`).
static COPY: OnceLock<File> = OnceLock::new();

/// From now on all that is printed is written to this file, too.
pub(super) fn copy_to(file: &Path) -> anyhow::Result<()> {
    let copy = File::create(file).with_context(|| format!("can't write {}", file.display()))?;
    COPY.get_or_init(|| copy);
    Ok(())
}

/// Puts what somebody else prints into that file.
pub(super) fn copy(text: &str) -> anyhow::Result<()> {
    COPY.get().map_or(Ok(()), |mut copy| copy.write_all(text.as_bytes())).context("can't write the transcript")
}

/// Prints, and notices when nobody listens any more.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    copy(text)?;
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Err(PipeClosed.into()),
        done => done.context("can't write to standard output"),
    }
}

impl Output {
    /// Refuses, before anything is run, what could not be written afterwards.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let record = self.record.as_deref().map(|file| ("--record", file, Transcript::is_first_line as IsOurs));
        let trace = self.trace.as_deref().map(|file| ("--trace", file, Recording::is_first_line as IsOurs));
        let targets: Vec<Target> = record.into_iter().chain(trace).chain(self.pictures.targets()).collect();
        check_targets(&targets, self.pictures.force)
    }

    /// Writes the files that were asked for. Of the pictures it is said, unless nothing or a document is printed: not
    /// of the others, as the story stays byte for byte what the transcript has and `show` prints.
    pub(super) fn write(&self, recording: &Recording) -> anyhow::Result<()> {
        if let Some(file) = &self.record {
            write_file(file, |out| out.write_all(Transcript::file(recording).as_bytes()))?;
        }
        if let Some(file) = &self.trace {
            write_file(file, |out| recording.write(out))?;
        }
        self.pictures.write(recording)?;
        match self.json || self.quiet {
            true => Ok(()),
            false => print_written(self.pictures.files()),
        }
    }
}

impl Pictures {
    fn targets(&self) -> impl Iterator<Item = Target<'_>> {
        let all: [(_, _, IsOurs); 3] = [
            ("--html", &self.html, picture::is_first_line),
            ("--svg", &self.svg, picture::is_first_line),
            ("--perfetto", &self.perfetto, picture::perfetto::is_first_line),
        ];
        all.into_iter().filter_map(|(option, file, is_ours)| Some((option, file.as_deref()?, is_ours)))
    }

    /// The files that were asked for.
    pub(super) fn files(&self) -> impl Iterator<Item = &Path> {
        self.targets().map(|(_, file, _)| file)
    }

    /// Refuses what could not be written, and the file that is being `read`.
    pub(super) fn check(&self, read: &Path) -> anyhow::Result<()> {
        let targets: Vec<Target> = self.targets().collect();
        if let Some((option, file, _)) = targets.iter().find(|target| identity(target.1) == identity(read)) {
            bail!("{option} names {}, which is the file to show; give it another name", file.display());
        }
        check_targets(&targets, self.force)
    }

    /// Writes the files that were asked for.
    pub(super) fn write(&self, recording: &Recording) -> anyhow::Result<()> {
        if let Some(file) = &self.html {
            write_file(file, |out| out.write_all(picture::page(recording).as_bytes()))?;
        }
        if let Some(file) = &self.svg {
            write_file(file, |out| out.write_all(picture::svg_of_lanes(recording).as_bytes()))?;
        }
        if let Some(file) = &self.perfetto {
            write_file(file, |out| picture::perfetto(recording, out))?;
        }
        Ok(())
    }
}

/// Each target a file of its own that may be written.
pub(super) fn check_targets(targets: &[Target], force: bool) -> anyhow::Result<()> {
    for (index, (option, file, is_ours)) in targets.iter().enumerate() {
        if let Some((other, ..)) = targets[..index].iter().find(|target| identity(target.1) == identity(file)) {
            bail!("{other} and {option} name the same file; give each its own");
        }
        check_target((option, file, *is_ours), force)?;
    }
    Ok(())
}

/// A file that lesson did not write is not touched; and `-` is no file: standard output has the story.
pub(super) fn check_target((option, file, is_ours): Target, force: bool) -> anyhow::Result<()> {
    if file.as_os_str() == "-" {
        bail!("{option} writes a file, not standard output; name one (a file of the name - is ./-)");
    }
    check_free(file, force, is_ours)
}

/// A file that lesson did not write is not touched.
pub(super) fn check_free(file: &Path, force: bool, is_ours: IsOurs) -> anyhow::Result<()> {
    let folder = folder_of(file);
    if !folder.is_dir() {
        bail!("can't write {}: there is no directory {}; make it first", file.display(), folder.display());
    }
    let Ok(kind) = fs::metadata(file) else {
        return tempfile::tempfile_in(folder)
            .map(drop)
            .with_context(|| format!("can't write {}; choose a directory where you may write", file.display()));
    };
    if kind.is_dir() {
        bail!("can't write {}: it is a directory; name a file in it", file.display());
    }
    if !kind.is_file() || force {
        return Ok(());
    }
    let mut line = Vec::new();
    let reader = File::open(file).map(|open| BufReader::new(open).take_line(&mut line));
    match reader {
        Ok(Ok(())) if is_ours(&String::from_utf8_lossy(&line)) => Ok(()),
        Ok(Ok(())) => bail!(
            "{} exists and was not written by lesson; choose another name, or add --force to overwrite it",
            file.display()
        ),
        Ok(Err(error)) | Err(error) => Err(error).with_context(|| format!("can't read {}", file.display())),
    }
}

/// Says of each file that it was written.
pub(super) fn print_written<'a>(files: impl Iterator<Item = &'a Path>) -> anyhow::Result<()> {
    let text = written(files);
    if text.is_empty() { Ok(()) } else { print(&format!("\n{text}")) }
}

/// One line for each file that was written.
pub(super) fn written<'a>(files: impl Iterator<Item = &'a Path>) -> String {
    files.map(|file| format!("{} is written.\n", clean(&file.display().to_string()))).collect()
}

/// Writes a file whole or not at all: beside it first, then under its name. What is no plain file is written in place.
pub(super) fn write_file(
    file: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> anyhow::Result<()> {
    let in_place = fs::metadata(file).is_ok_and(|kind| !kind.is_file());
    let work = || -> io::Result<()> {
        if in_place {
            let target = File::options().write(true).open(file)?;
            let mut out = BufWriter::new(&target);
            return write(&mut out).and_then(|()| out.flush());
        }
        let beside = tempfile::Builder::new().prefix(".lesson-").tempfile_in(folder_of(file))?;
        let mut out = BufWriter::new(beside.as_file());
        write(&mut out).and_then(|()| out.flush())?;
        drop(out);
        let kept = beside.persist(file)?;
        make_readable(&kept)
    };
    work().with_context(|| format!("can't write {}", file.display()))
}

/// A temporary file is for its owner alone; a recording is to be handed in.
#[cfg(unix)]
fn make_readable(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
}

#[cfg(not(unix))]
fn make_readable(_: &File) -> io::Result<()> {
    Ok(())
}

/// The path by which two names of one file are known, whether or not it exists already.
pub(super) fn identity(file: &Path) -> PathBuf {
    let beside = || Some(fs::canonicalize(folder_of(file)).ok()?.join(file.file_name()?));
    fs::canonicalize(file).ok().or_else(beside).unwrap_or_else(|| file.to_owned())
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads the beginning of the first line: enough to know whose file it is.
trait TakeLine {
    fn take_line(self, line: &mut Vec<u8>) -> io::Result<()>;
}

impl<R: BufRead> TakeLine for R {
    fn take_line(self, line: &mut Vec<u8>) -> io::Result<()> {
        self.take(200).read_until(b'\n', line).map(drop)
    }
}
