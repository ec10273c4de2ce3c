//! What `libmesh_timed.so` writes.

use anyhow::{Context, Result, bail};
use bytemuck::{Pod, Zeroable};
use std::path::Path;

#[path = "../../../variants/timed/stack/src/record.rs"]
mod record;

pub(crate) use record::Header;
use record::{Hold as Recorded, MAGIC, TRIED};

// SAFETY: words of 64 bits and nothing else, of which all bits may be zero.
unsafe impl Zeroable for Header {}
// SAFETY: `repr(C)`, and words of 64 bits and nothing else: any bits are a value, and there is no padding.
unsafe impl Pod for Header {}
// SAFETY: as above.
unsafe impl Zeroable for Recorded {}
// SAFETY: as above.
unsafe impl Pod for Recorded {}

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
        let room = (bytes.len() - size_of::<Header>()) / size_of::<Recorded>();
        let count = usize::try_from(header.count)?.min(room);
        let words = bytes[size_of::<Header>()..].chunks_exact(size_of::<Recorded>());
        let mut holds = Vec::with_capacity(count);
        for bytes in words.take(count) {
            let hold: Recorded = bytemuck::pod_read_unaligned(bytes);
            // Begun, but the process ended.
            if hold.left == 0 {
                continue;
            }
            let times = [
                hold.arrived,
                hold.requested,
                hold.taken,
                hold.released,
                hold.left,
            ];
            if !times.is_sorted() {
                bail!("a hold that ends before it begins");
            }
            holds.push(Hold {
                thread: hold.thread,
                lock: hold.lock,
                site: (hold.site & !TRIED).wrapping_sub(header.base),
                tried: hold.site & TRIED != 0,
                arrived: hold.arrived,
                ran_before: hold.ran_before,
                requested: hold.requested,
                taken: hold.taken,
                released: hold.released,
                ran: hold.ran,
                left: hold.left,
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
        let words = Recorded {
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
