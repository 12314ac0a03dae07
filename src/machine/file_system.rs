//! On what file system a directory lies, and whether another machine keeps it.
//!
//! There, neither SQLite nor `flock` can be relied on: the locks may be missing, forgotten, or seen by one
//! machine only (<https://www.sqlite.org/lockingv3.html>, section 6; <https://www.sqlite.org/faq.html#q5>).

use std::path::Path;

/// A file system, by its type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystem {
    /// The type as `mount` writes it: `ext4`, `tmpfs`, `nfs`, `fuse.sshfs`; `unknown` and why, if it can't be told.
    pub name: String,
    /// Whether another machine keeps the files (for a virtual machine: its host). `false` if that can't be told.
    pub is_network: bool,
}

/// The file system on which `path` lies.
pub fn of(path: &Path) -> FileSystem {
    let name = name_of(path);
    FileSystem { is_network: is_network(&name), name }
}

/// Types whose files are kept elsewhere; those of FUSE without the `fuse.` in front.
///
/// `virtiofs`, `9p`, `vboxsf`, `prl_fs` and `vmhgfs` share a directory of a virtual machine's host, whose
/// processes do not see the locks of the guest's. Cluster file systems do pass locks on, but only if they are
/// mounted so (`localflock` on Lustre, say), and SQLite's WAL needs memory that is shared as well.
const NETWORK: [&str; 42] = [
    "9p",
    "afpfs",
    "afs",
    "beegfs",
    "ceph",
    "ceph-fuse",
    "cifs",
    "coda",
    "curlftpfs",
    "davfs",
    "davfs2",
    "gcsfuse",
    "gfs2",
    "glusterfs",
    "goofys",
    "gpfs",
    "grpcfuse",
    "gvfsd-fuse",
    "juicefs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs3",
    "nfs4",
    "ocfs2",
    "orangefs",
    "prl_fs",
    "pvfs2",
    "rclone",
    "s3fs",
    "smb",
    "smb2",
    "smb3",
    "smbfs",
    "smbnetfs",
    "sshfs",
    "vboxsf",
    "virtiofs",
    "vmhgfs",
    "vmhgfs-fuse",
    "webdav",
    "webdavfs",
];

/// Whether another machine keeps the files of a file system of this type.
pub fn is_network(name: &str) -> bool {
    NETWORK.contains(&name.strip_prefix("fuse.").unwrap_or(name))
}

/// The numbers by which statfs(2) tells file systems apart (`linux/magic.h`, and each one's own source).
#[cfg(target_os = "linux")]
const MAGIC: [(u32, &str); 37] = [
    (EXT, "ext4"),
    (FUSE, "fuse"),
    (0x5846_5342, "xfs"),
    (0x9123_683e, "btrfs"),
    (0x0102_1994, "tmpfs"),
    (0x8584_58f6, "ramfs"),
    (0x794c_7630, "overlay"),
    (0x2fc1_2fc1, "zfs"),
    (0xf2f5_2010, "f2fs"),
    (0xca45_1a4e, "bcachefs"),
    (0x3153_464a, "jfs"),
    (0x5265_4973, "reiserfs"),
    (0x3434, "nilfs2"),
    (0x4d44, "vfat"),
    (0x2011_bab0, "exfat"),
    (0x7366_746e, "ntfs3"),
    (0x5346_544e, "ntfs"),
    (0xf15f, "ecryptfs"),
    (0x7371_7368, "squashfs"),
    (0xe0f5_e1e2, "erofs"),
    (0x9660, "iso9660"),
    (0x00c0_ffee, "hostfs"),
    (0x6969, "nfs"),
    (0x517b, "smbfs"),
    (0xff53_4d42, "cifs"),
    (0xfe53_4d42, "smb3"),
    (0x6b41_4653, "afs"),
    (0x5346_414f, "afs"),
    (0x0102_1997, "9p"),
    (0x00c3_6400, "ceph"),
    (0x0bd0_0bd0, "lustre"),
    (0x4750_4653, "gpfs"),
    (0x0116_1970, "gfs2"),
    (0x7461_636f, "ocfs2"),
    (0x7375_7245, "coda"),
    (0x2003_0528, "orangefs"),
    (0x786f_4256, "vboxsf"),
];

/// One number for ext2, ext3 and ext4.
#[cfg(target_os = "linux")]
const EXT: u32 = 0xef53;

/// One number for everything that a program in user space serves, a local disk or another machine's.
#[cfg(target_os = "linux")]
const FUSE: u32 = 0x6573_5546;

#[cfg(target_os = "linux")]
fn name_of(path: &Path) -> String {
    let Ok(answer) = nix::sys::statfs::statfs(path) else {
        return "unknown (the system does not tell)".to_owned();
    };
    // The field's width and sign differ between architectures; every number fits 32 bits.
    name_by(answer.filesystem_type().0 as u32, || {
        let mountinfo = std::fs::read("/proc/self/mountinfo").ok()?;
        super::mountinfo::type_of(&mountinfo, &path.canonicalize().ok()?)
    })
}

/// The name by the number; where that does not settle it, by what is mounted there.
#[cfg(target_os = "linux")]
fn name_by(magic: u32, mounted: impl FnOnce() -> Option<String>) -> String {
    let known = MAGIC.iter().find(|(number, _)| *number == magic).map(|(_, name)| (*name).to_owned());
    // What is mounted there must be of the family that the number tells: a later mount may hide the path's own.
    let better = match magic {
        EXT => mounted().filter(|name| name.starts_with("ext")),
        FUSE => mounted().filter(|name| name.starts_with("fuse") || name == "virtiofs"),
        _ if known.is_none() => mounted(),
        _ => None,
    };
    better.or(known).unwrap_or_else(|| format!("unknown (number {magic:#x})"))
}

/// macOS tells the name itself (statfs(2), `f_fstypename`).
#[cfg(target_os = "macos")]
fn name_of(path: &Path) -> String {
    match nix::sys::statfs::statfs(path) {
        Ok(answer) => answer.filesystem_type_name().to_owned(),
        Err(_) => "unknown (the system does not tell)".to_owned(),
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn name_of(_path: &Path) -> String {
    format!("unknown (not looked up on {})", std::env::consts::OS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_network_from_local() {
        for name in [
            "nfs",
            "nfs4",
            "cifs",
            "smb3",
            "smbfs",
            "9p",
            "afs",
            "ceph",
            "lustre",
            "fuse.sshfs",
            "fuse.rclone",
            "virtiofs",
        ] {
            assert!(is_network(name), "{name}");
        }
        for name in [
            "ext4",
            "xfs",
            "tmpfs",
            "overlay",
            "apfs",
            "fuse",
            "fuseblk",
            "fuse.mergerfs",
            "fuse.bindfs",
            "unknown",
            "nfsd",
            "",
        ] {
            assert!(!is_network(name), "{name}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_mount_settles_what_the_number_does_not() {
        let table: [(u32, Option<&str>, &str); 11] = [
            (EXT, Some("ext3"), "ext3"),
            (EXT, Some("nfs"), "ext4"),
            (EXT, None, "ext4"),
            (FUSE, Some("fuse.sshfs"), "fuse.sshfs"),
            (FUSE, Some("fuseblk"), "fuseblk"),
            (FUSE, Some("virtiofs"), "virtiofs"),
            (FUSE, Some("ext4"), "fuse"),
            (FUSE, None, "fuse"),
            (0x6969, Some("ext4"), "nfs"),
            (0x1234, Some("newfs"), "newfs"),
            (0x1234, None, "unknown (number 0x1234)"),
        ];
        for (magic, mounted, name) in table {
            assert_eq!(name_by(magic, || mounted.map(str::to_owned)), name, "{magic:#x}, {mounted:?}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn asks_this_machine() {
        // Its number is not in the table, so this one comes from the mounts.
        assert_eq!(of(Path::new("/proc/self")), FileSystem { name: "proc".into(), is_network: false });
        let here = of(&std::env::temp_dir());
        assert!(!here.name.starts_with("unknown"), "{here:?}");
        assert!(of(Path::new("/no/such/directory")).name.starts_with("unknown"));
    }
}
