//! What the file holds: a [`Header`], and holds of locks in the order in which they ended. All numbers are 64 bits wide, in the order of the
//! machine's bytes.

/// "MESHLOCK".
pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"MESHLOCK");

/// In a site: the lock was only tried.
pub(crate) const TRIED: u64 = 1 << 63;

/// The first words.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// [`MAGIC`], once the rest is there.
    pub(crate) magic: u64,
    /// Where the library was loaded.
    pub(crate) base: u64,
    /// The first instructions of the three functions that begin what the recorder does: to lock, to try, to open.
    pub(crate) begins: [u64; 3],
    /// The first of the three that are carried out at the end of that: taken, refused, opened.
    pub(crate) ends: [u64; 3],
    /// Ticks between two readings of the clock at least: what a measured time has too many.
    pub(crate) overhead: u64,
    /// The same of the account of the thread's time, in nanoseconds.
    pub(crate) ran_overhead: u64,
    /// Holds that ended so far, with those that found no room.
    pub(crate) count: u64,
    /// Nothing yet.
    pub(crate) reserved: [u64; 5],
}

/// One thread held one lock.
#[repr(C)]
#[derive(Clone, Copy)]
pub(crate) struct Hold {
    /// The thread, as an address that no other thread has meanwhile.
    pub(crate) thread: u64,
    /// The lock's address.
    pub(crate) lock: u64,
    /// Where it was taken: the return address of the call, with [`TRIED`] if it was only tried.
    pub(crate) site: u64,
    /// When the thread came.
    pub(crate) arrived: u64,
    /// For how many nanoseconds it had run by then.
    pub(crate) ran_before: u64,
    /// When it asked for the lock.
    pub(crate) requested: u64,
    /// When it had it.
    pub(crate) taken: u64,
    /// When it began to open it.
    pub(crate) released: u64,
    /// For how many nanoseconds it had run when this was written.
    pub(crate) ran: u64,
    /// When it went on. Not zero: the others are there.
    pub(crate) left: u64,
}

const _: () = assert!(size_of::<Header>() == 128 && size_of::<Hold>() == 80);
