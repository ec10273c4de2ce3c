//! What `libmesh_timed.so` writes: see `variants/timed/stack/src/record.rs`.

use anyhow::{Context, Result, bail};
use bytemuck::{Pod, Zeroable};
use std::path::Path;

const MAGIC: u64 = u64::from_le_bytes(*b"MESHLOCK");

/// In a site: the lock was only tried.
const TRIED: u64 = 1 << 63;

/// The first words of a file.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
pub(crate) struct Header {
    magic: u64,
    /// Where the library was loaded.
    pub(crate) base: u64,
    /// The first instructions of what locks, tries and opens.
    pub(crate) begins: [u64; 3],
    /// The last ones: taken, refused, opened.
    pub(crate) ends: [u64; 3],
    /// Ticks that a measured time has too many.
    pub(crate) overhead: u64,
    /// Nanoseconds that a thread's own time between two readings has too many.
    pub(crate) ran_overhead: u64,
    /// Holds, with those that found no room.
    pub(crate) count: u64,
    reserved: [u64; 5],
}

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Words {
    thread: u64,
    lock: u64,
    site: u64,
    arrived: u64,
    ran_before: u64,
    requested: u64,
    taken: u64,
    released: u64,
    ran: u64,
    left: u64,
}

/// One thread held one lock; times in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    pub(crate) thread: u64,
    pub(crate) lock: u64,
    /// Where it was taken, as an offset in the library.
    pub(crate) site: u64,
    /// Whether it would have done without.
    pub(crate) tried: bool,
    /// When it came, and for how many nanoseconds it had run.
    pub(crate) arrived: u64,
    pub(crate) ran_before: u64,
    pub(crate) requested: u64,
    pub(crate) taken: u64,
    pub(crate) released: u64,
    /// For how many nanoseconds it had run when it went on, and when that was.
    pub(crate) ran: u64,
    pub(crate) left: u64,
}

/// A whole file.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) header: Header,
    /// In the order in which they ended.
    pub(crate) holds: Vec<Hold>,
}

impl Header {
    /// The header of a file, if it is written.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let header: Self = bytemuck::pod_read_unaligned(bytes.get(..size_of::<Self>())?);
        (header.magic == MAGIC).then_some(header)
    }
}

impl Recording {
    /// Reads a file.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).context("no recording")?;
        Self::read(&bytes).with_context(|| path.display().to_string())
    }

    fn read(bytes: &[u8]) -> Result<Self> {
        let header = Header::read(bytes).context("not a recording of locks")?;
        let room = (bytes.len() - size_of::<Header>()) / size_of::<Words>();
        let count = usize::try_from(header.count)?.min(room);
        let words = bytes[size_of::<Header>()..].chunks_exact(size_of::<Words>());
        let mut holds = Vec::with_capacity(count);
        for bytes in words.take(count) {
            let words: Words = bytemuck::pod_read_unaligned(bytes);
            // Begun, but the process ended.
            if words.left == 0 {
                continue;
            }
            let times = [
                words.arrived,
                words.requested,
                words.taken,
                words.released,
                words.left,
            ];
            if !times.is_sorted() {
                bail!("a hold that ends before it begins");
            }
            holds.push(Hold {
                thread: words.thread,
                lock: words.lock,
                site: (words.site & !TRIED).wrapping_sub(header.base),
                tried: words.site & TRIED != 0,
                arrived: words.arrived,
                ran_before: words.ran_before,
                requested: words.requested,
                taken: words.taken,
                released: words.released,
                ran: words.ran,
                left: words.left,
            });
        }
        Ok(Self { header, holds })
    }

    /// Holds that found no room in the file.
    pub(crate) fn lost(&self) -> u64 {
        self.header.count - self.holds.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(count: u64) -> Vec<u8> {
        let header = Header {
            magic: MAGIC,
            base: 0x1000,
            begins: [1, 2, 3],
            ends: [4, 5, 6],
            overhead: 7,
            ran_overhead: 8,
            count,
            reserved: [0; 5],
        };
        bytemuck::bytes_of(&header).to_vec()
    }

    fn words(site: u64, times: [u64; 4]) -> Vec<u8> {
        let [requested, taken, released, left] = times;
        let words = Words {
            thread: 8,
            lock: 9,
            site,
            arrived: requested,
            ran_before: 10,
            requested,
            taken,
            released,
            ran: 11,
            left,
        };
        bytemuck::bytes_of(&words).to_vec()
    }

    #[test]
    fn holds_are_read_as_far_as_they_are_there() {
        let holds = [
            words(0x1010, [1, 2, 3, 4]),
            words(TRIED | 0x1020, [5, 5, 6, 6]),
            words(0, [0; 4]),
        ];
        let bytes = [header(9), holds.concat()].concat();
        let recording = Recording::read(&bytes).unwrap();
        let sites: Vec<_> = recording
            .holds
            .iter()
            .map(|hold| (hold.site, hold.tried))
            .collect();
        assert_eq!(sites, [(0x10, false), (0x20, true)]);
        assert_eq!(recording.holds[0].left, 4);
        assert_eq!(recording.lost(), 7);
        assert_eq!(recording.header.ends, [4, 5, 6]);
    }

    #[test]
    fn what_is_no_recording_is_refused() {
        for (bytes, reason) in [
            (Vec::new(), "not a recording"),
            (vec![0; 1000], "not a recording"),
            (header(0)[..100].to_vec(), "not a recording"),
            ([header(1), words(0, [2, 1, 3, 4])].concat(), "ends before"),
        ] {
            let error = Recording::read(&bytes).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
        assert!(Recording::read(&header(0)).unwrap().holds.is_empty());
    }
}
