//! The first bytes of a database, of its rollback journal and of its log's index. Bytes in, meaning out.
//!
//! Sources: <https://www.sqlite.org/fileformat2.html> and <https://www.sqlite.org/walformat.html>.

/// Every database begins with this.
const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// Every rollback journal that is still needed begins with this (file format, section 3).
const JOURNAL_MAGIC: [u8; 8] = [0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7];

/// So many bytes of a database, and of its index, are read.
pub const HEADER_BYTES: usize = 136;

/// What the first bytes of the file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// A database.
    Sqlite {
        /// In bytes: 512 to 65,536.
        page_size: u32,
        /// Bytes 18 and 19: whether the journal is a write-ahead log.
        wal: bool,
    },
    /// It begins like a database, and its header is cut off or makes no sense.
    Damaged,
    /// No bytes: also a new database, before its first transaction.
    Empty,
    /// Text: certainly no database, not even an encrypted one.
    Text,
    /// Something else, or an encrypted database: nobody can tell these two apart.
    Other,
    /// It was not read: no regular file, or nobody may.
    Unread,
}

/// Reads the beginning of a file.
pub fn header(bytes: &[u8]) -> Header {
    if bytes.is_empty() {
        return Header::Empty;
    }
    let common = bytes.len().min(MAGIC.len());
    if bytes[..common] != MAGIC[..common] {
        return if is_text(bytes) { Header::Text } else { Header::Other };
    }
    let [.., high, low, write, read] = bytes.get(..20).unwrap_or_default() else { return Header::Damaged };
    // 1 means 65,536, which does not fit two bytes.
    let page_size = match u32::from(u16::from_be_bytes([*high, *low])) {
        1 => 65_536,
        size => size,
    };
    let sound = bytes.len() >= 100 && page_size.is_power_of_two() && page_size >= 512;
    match (sound, write, read) {
        (true, 1, 1) => Header::Sqlite { page_size, wal: false },
        (true, 2, 2) => Header::Sqlite { page_size, wal: true },
        _ => Header::Damaged,
    }
}

/// Whether all of it is readable; the last character may be cut off. So much of an encrypted file never is.
fn is_text(bytes: &[u8]) -> bool {
    let whole = match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&bytes[..error.valid_up_to()]).ok(),
        Err(_) => None,
    };
    whole.is_some_and(|text| text.chars().all(|c| !c.is_control() || matches!(c, '\t' | '\n' | '\r')))
}

/// A database that has lost its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutShort {
    /// The pages that its header counts.
    pub pages: u32,
    /// The size that it should have, in bytes.
    pub expected: u64,
    /// The size that it has.
    pub found: u64,
}

/// Whether a database of `length` bytes is shorter than its header says.
///
/// The number of pages (bytes 28 to 31) counts only if whoever wrote it last knew of it: if the change counter (24 to
/// 27) is the one for which it is valid (92 to 95). While somebody writes, or while a journal or a log has still to be
/// played, it may be so for a moment.
pub fn cut_short(bytes: &[u8], length: u64) -> Option<CutShort> {
    let Header::Sqlite { page_size, .. } = header(bytes) else { return None };
    let word = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let pages = word(28).filter(|_| word(24) == word(92))?;
    let expected = u64::from(pages) * u64::from(page_size);
    (length < expected).then_some(CutShort { pages, expected, found: length })
}

/// A rollback journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Journal {
    /// There is none.
    None,
    /// It is empty or its header is zeroed: `journal_mode` TRUNCATE or PERSIST, after a COMMIT. It means nothing.
    Over,
    /// It has a header: somebody writes, or, if nobody holds RESERVED, it is hot.
    Live,
    /// It could not be read.
    Unread,
}

/// Reads the beginning of a `-journal`.
///
/// SQLite takes a journal for hot if its first byte is not 0 and nobody holds RESERVED (`hasHotJournal` in `pager.c`).
pub fn journal(bytes: &[u8]) -> Journal {
    match bytes.first() {
        None | Some(0) => Journal::Over,
        // A header that was not yet synchronised: SQLite will find nothing to play back.
        Some(_) if !bytes.starts_with(&JOURNAL_MAGIC) => Journal::Over,
        Some(_) => Journal::Live,
    }
}

/// What the index of the log says (the WAL-index header; in the byte order of the machine).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WalIndex {
    /// Frames in the log that are committed.
    pub frames: u32,
    /// Frames that a checkpoint has copied into the database.
    pub copied: u32,
    /// For each read mark the last frame that its readers see; `u32::MAX` if it is not in use.
    pub marks: [u32; 5],
}

/// Reads the beginning of a `-shm`; `None` if it is too short, or if its index is not finished.
///
/// The header stands there twice, and whoever changes it writes one copy after the other: its numbers mean something
/// only if both are the same, say that they are set up (byte 12) and have the right checksum (`walIndexTryHdr` in
/// `wal.c`). Else whoever opens the database next makes another index from the log.
pub fn wal_index(bytes: &[u8]) -> Option<WalIndex> {
    let word = |at: usize| Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let is_finished = bytes.get(..48)? == bytes.get(48..96)?
        && bytes[12] != 0
        && index_checksum(bytes.get(..40)?) == [word(40)?, word(44)?];
    if !is_finished {
        return None;
    }
    Some(WalIndex {
        frames: word(16)?,
        copied: word(96)?,
        marks: [word(100)?, word(104)?, word(108)?, word(112)?, word(116)?],
    })
}

/// The checksum of a header of the index: <https://www.sqlite.org/fileformat2.html#checksum_algorithm>, in the byte
/// order of the machine.
fn index_checksum(bytes: &[u8]) -> [u32; 2] {
    let mut sums = [0_u32; 2];
    for (at, four) in bytes.chunks_exact(4).enumerate() {
        let number = u32::from_ne_bytes([four[0], four[1], four[2], four[3]]);
        let (own, other) = (at % 2, 1 - at % 2);
        sums[own] = sums[own].wrapping_add(number).wrapping_add(sums[other]);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 100 bytes of a header.
    fn database(page_size: [u8; 2], versions: [u8; 2]) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend(page_size);
        bytes.extend(versions);
        bytes.resize(100, 0);
        bytes
    }

    #[test]
    fn reads_headers() {
        let sqlite = |page_size, wal| Header::Sqlite { page_size, wal };
        let table: [(Vec<u8>, Header); 15] = [
            (database([0x10, 0], [1, 1]), sqlite(4096, false)),
            (database([0x10, 0], [2, 2]), sqlite(4096, true)),
            (database([2, 0], [1, 1]), sqlite(512, false)),
            (database([0, 1], [2, 2]), sqlite(65_536, true)),
            (database([0x10, 1], [1, 1]), Header::Damaged),
            (database([0, 0], [1, 1]), Header::Damaged),
            (database([0x10, 0], [2, 1]), Header::Damaged),
            (database([0x10, 0], [1, 1])[..99].to_vec(), Header::Damaged),
            (b"SQLite".to_vec(), Header::Damaged),
            (b"SQLite format 4\0".to_vec(), Header::Other),
            (b"4711\n".to_vec(), Header::Text),
            ("naïve".as_bytes()[..3].to_vec(), Header::Text),
            (vec![b'a', 0xc3, b'a'], Header::Other),
            (vec![0x5a; 4096], Header::Text),
            (vec![], Header::Empty),
        ];
        for (bytes, expected) in table {
            assert_eq!(header(&bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn a_database_that_has_lost_its_end_is_known() {
        let counted = |changes: u8, valid_for: u8| {
            let mut bytes = database([0x10, 0], [1, 1]);
            (bytes[27], bytes[31], bytes[95]) = (changes, 3, valid_for);
            bytes
        };
        let cut = |found| Some(CutShort { pages: 3, expected: 12_288, found });
        let table: [(Vec<u8>, u64, Option<CutShort>); 6] = [
            (counted(7, 7), 12_288, None),
            (counted(7, 7), 16_384, None),
            (counted(7, 7), 12_287, cut(12_287)),
            (counted(7, 7), 4_096, cut(4_096)),
            (counted(7, 6), 4_096, None),
            (vec![0x5a; 136], 136, None),
        ];
        for (bytes, length, expected) in table {
            assert_eq!(cut_short(&bytes, length), expected, "{length}: {bytes:?}");
        }
    }

    #[test]
    fn reads_journals_and_indexes() {
        let table: [(&[u8], Journal); 4] = [
            (&[], Journal::Over),
            (&[0; 512], Journal::Over),
            (&JOURNAL_MAGIC, Journal::Live),
            (b"not a journal", Journal::Over),
        ];
        for (bytes, expected) in table {
            assert_eq!(journal(bytes), expected, "{bytes:?}");
        }
    }

    /// An index with 9 frames, 4 of them copied.
    fn index() -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        let mut put = |at: usize, number: u32| bytes[at..at + 4].copy_from_slice(&number.to_ne_bytes());
        put(16, 9);
        put(96, 4);
        put(104, 7);
        bytes[12] = 1;
        let sums = index_checksum(&bytes[..40]);
        bytes[40..44].copy_from_slice(&sums[0].to_ne_bytes());
        bytes[44..48].copy_from_slice(&sums[1].to_ne_bytes());
        bytes.copy_within(..48, 48);
        bytes
    }

    #[test]
    fn an_index_counts_only_if_it_was_finished() {
        let good = Some(WalIndex { frames: 9, copied: 4, marks: [0, 7, 0, 0, 0] });
        assert_eq!(wal_index(&index()), good);
        assert_eq!(wal_index(&index()[..119]), None);
        assert_eq!(wal_index(&[0; HEADER_BYTES]), None);
        // In both copies: not set up, another number, another checksum. Then in one copy only.
        let table: [(&[usize], bool); 7] = [
            (&[12, 60], false),
            (&[16, 64], false),
            (&[40, 88], false),
            (&[47, 95], false),
            (&[16], false),
            (&[64], false),
            (&[120], true),
        ];
        for (places, counts) in table {
            let mut bytes = index();
            places.iter().for_each(|place| bytes[*place] ^= 1);
            assert_eq!(wal_index(&bytes), good.filter(|_| counts), "{places:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>) {
            let _ = (header(&bytes), journal(&bytes), wal_index(&bytes), cut_short(&bytes, 0));
        }
    }
}
