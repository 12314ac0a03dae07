//! Decodes `/proc/self/mountinfo` (proc_pid_mountinfo(5)): which file system is mounted above a path. Pure.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

/// The type of the file system that holds `path`, which has to be absolute and free of symbolic links.
///
/// The longest mount point that leads to `path` wins, and of several mounts on one point the last, which
/// covers the others. Lines that can't be decoded are skipped. `None` if no mount point leads there.
pub(super) fn type_of(mountinfo: &[u8], path: &Path) -> Option<String> {
    mountinfo
        .split(|byte| *byte == b'\n')
        .filter_map(decode)
        .filter(|(point, _)| path.starts_with(point))
        // `max_by_key` gives the last of equals.
        .max_by_key(|(point, _)| point.components().count())
        .map(|(_, name)| name)
}

/// Mount point and type of one line: `ID PARENT DEVICE ROOT POINT OPTIONS [FIELD...] - TYPE SOURCE OPTIONS`.
fn decode(line: &[u8]) -> Option<(PathBuf, String)> {
    let mut words = line.split(|byte| *byte == b' ');
    let point = unescape(words.nth(4)?);
    let name = words.skip_while(|word| *word != b"-").nth(1)?;
    Some((PathBuf::from(OsString::from_vec(point)), String::from_utf8_lossy(name).into_owned()))
}

/// Undoes the kernel's escapes: a blank, tab, line feed or backslash in a name is `\` and three octal digits.
fn unescape(word: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(word.len());
    let mut rest = word;
    while let [first, tail @ ..] = rest {
        match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
                bytes.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &[u8] = br"22 27 0:21 / /proc rw,relatime - proc proc rw
27 1 254:0 / / rw,relatime - ext4 /dev/vda rw,discard
30 27 0:30 / /home rw shared:1 master:2 - nfs4 server:/home rw,vers=4.2
31 30 0:31 / /home/ada/my\040files\134\011 rw - fuse.sshfs ada@server: rw
32 27 0:32 / /mnt rw - ext3 /dev/vdb rw
33 32 0:33 / /mnt rw - xfs /dev/vdc rw
a line of nonsense
34 27 0:34 / /cut rw,relatime
";

    #[test]
    fn the_longest_mount_point_wins() {
        let table = [
            ("/proc/self", "proc"),
            ("/tmp", "ext4"),
            ("/", "ext4"),
            ("/home", "nfs4"),
            ("/home/ada", "nfs4"),
            ("/home/ada/my files\\\t/x", "fuse.sshfs"),
            ("/homes/ada", "ext4"),
            ("/mnt/data", "xfs"),
            ("/cut/off", "ext4"),
        ];
        for (path, name) in table {
            assert_eq!(type_of(MOUNTS, Path::new(path)).as_deref(), Some(name), "{path}");
        }
        assert_eq!(type_of(b"", Path::new("/")), None);
        assert_eq!(type_of(MOUNTS, Path::new("relative")), None);
    }

    #[test]
    fn decodes_escapes() {
        let table: [(&[u8], &[u8]); 6] = [
            (br"a\040b", b"a b"),
            (br"\134040", br"\040"),
            (br"\043", b"#"),
            (br"\04", br"\04"),
            (br"\777", br"\777"),
            (br"end\", br"end\"),
        ];
        for (word, bytes) in table {
            assert_eq!(unescape(word), bytes, "{}", String::from_utf8_lossy(word));
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text: Vec<u8>) {
            let _ = type_of(&text, Path::new("/tmp"));
        }
    }
}
