//! A map of the heap: every span, as lines of JSON in a file.
//!
//! Asked for by `MESH_MAP=FILE`, then written at exit, or by `mesh_mallctl("map.write")`. The lock of a class is held
//! while a few records are copied, never while something is written. docs/mallctl.md has the lines.

use core::cell::UnsafeCell;
use core::ffi::{CStr, c_int};
use core::sync::atomic::{AtomicUsize, Ordering};

use arena::{Linux, Os};
use heap::{SizeClass, SpanId};
use miniheap::{Place, Portrait};

use crate::errno;
use crate::line::Line;
use crate::process::{Global, HEAP};

/// Bytes of a path, the zero byte included.
const PATH: usize = 4096;

/// A path, written by the constructor only.
struct Path(UnsafeCell<[u8; PATH]>);

// SAFETY: it is written before any other thread can ask for it: `LEN` is zero until then.
unsafe impl Sync for Path {}

/// What `MESH_MAP` says: the program may change its environment.
static WANTED: Path = Path(UnsafeCell::new([0; PATH]));
static LEN: AtomicUsize = AtomicUsize::new(0);

/// Asks for a map at exit; false when the name is too long. To be called by the constructor, once.
pub(crate) fn set_file(name: &[u8]) -> bool {
    if name.len() >= PATH {
        return false;
    }
    // SAFETY: nobody reads it before `LEN` is set, and nobody writes it but us.
    let place = unsafe { &mut *WANTED.0.get() };
    place[..name.len()].copy_from_slice(name);
    LEN.store(name.len(), Ordering::Release);
    true
}

/// Writes the map that the environment asked for.
pub(crate) fn write_if_asked() {
    let len = LEN.load(Ordering::Acquire);
    if len == 0 {
        return;
    }
    // SAFETY: it does not change any more since `LEN` was set.
    let wanted = unsafe { &*WANTED.0.get() };
    let mut path = [0; PATH];
    if expand(&wanted[..len], &mut path).is_none() || write(&path).is_err() {
        Line::new().text("no map in ").raw(&wanted[..len]).print();
    }
}

/// Copies `name`, with the number of this process for each `%p`; `None` when that is too long. The last byte stays zero.
fn expand(name: &[u8], path: &mut [u8; PATH]) -> Option<()> {
    let mut number = Line::bare();
    // SAFETY: has no preconditions.
    number.number(unsafe { libc::getpid() } as usize);
    let (mut rest, mut len) = (name, 0);
    while let [first, others @ ..] = rest {
        let (piece, after) = match rest.strip_prefix(b"%p") {
            Some(after) => (number.bytes(), after),
            None => (core::slice::from_ref(first), others),
        };
        path[..PATH - 1]
            .get_mut(len..len + piece.len())?
            .copy_from_slice(piece);
        len += piece.len();
        rest = after;
    }
    Some(())
}

/// As `mesh_mallctl` asks for it: an error number when the file cannot be written.
pub(crate) fn write_to(path: &CStr) -> Result<(), c_int> {
    let mut copy = [0; PATH];
    let bytes = path.to_bytes();
    copy[..PATH - 1]
        .get_mut(..bytes.len())
        .ok_or(libc::ENAMETOOLONG)?
        .copy_from_slice(bytes);
    write(&copy)
}

fn write(path: &[u8; PATH]) -> Result<(), c_int> {
    errno::preserved(|| {
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC | libc::O_CLOEXEC;
        // SAFETY: the path ends with a zero byte.
        let descriptor = unsafe { libc::open(path.as_ptr().cast(), flags, 0o666) };
        if descriptor < 0 {
            return Err(errno::value());
        }
        let mut file = Output::new(descriptor);
        write_lines(&mut file);
        file.flush();
        // SAFETY: opened above.
        unsafe { libc::close(descriptor) };
        file.failed.map_or(Ok(()), Err)
    })
}

/// All lines, the last of which says how many spans there were.
fn write_lines(file: &mut Output) {
    let mut line = Line::bare();
    line.text("{\"kind\":\"map\",\"version\":1,\"page_size\":");
    file.put(line.number(Linux::PAGE_SIZE).text("}"));
    let mut count = 0;
    for class in (0..Global::CLASSES as u8).map(SizeClass) {
        let stats = HEAP.global().class_stats(class);
        if stats.made == 0 {
            continue;
        }
        let mut line = Line::bare();
        line.text("{\"kind\":\"class\",\"class\":")
            .number(class.index());
        line.text(",\"size\":").number(stats.object_size);
        line.text(",\"slots\":").number(stats.slots);
        line.text(",\"pages\":").number(stats.pages);
        file.put(line.text("}"));
        let mut from = Some(SpanId(0));
        while let Some(start) = from {
            let some = HEAP.global().portraits(class, start);
            for span in some.spans.iter().flatten() {
                file.put(&mut span_line(class, stats.slots, span));
                count += 1;
            }
            from = some.next;
        }
    }
    let mut line = Line::bare();
    line.text("{\"kind\":\"end\",\"spans\":").number(count);
    file.put(line.text("}"));
}

fn span_line(class: SizeClass, slots: usize, span: &Portrait) -> Line {
    let mut line = Line::bare();
    line.text("{\"kind\":\"span\",\"class\":")
        .number(class.index());
    line.text(",\"span\":").number(span.id.0 as usize);
    line.text(",\"page\":").number(span.first.index());
    match span.place {
        Place::Alone => line.text(",\"place\":\"alone\""),
        Place::Leftover => line.text(",\"place\":\"leftover\""),
        Place::InGroup(leader) => line
            .text(",\"place\":\"group\",\"leader\":")
            .number(leader.0 as usize),
    };
    line.text(",\"live\":\"");
    for &word in span.live.words().iter().take(slots.div_ceil(64)) {
        line.word(word);
    }
    line.text("\"}");
    line
}

/// Lines on their way to a file.
struct Output {
    descriptor: c_int,
    buffer: [u8; 4096],
    len: usize,
    /// The error number of the first write that failed; there are none after it.
    failed: Option<c_int>,
}

impl Output {
    fn new(descriptor: c_int) -> Self {
        Self {
            descriptor,
            buffer: [0; 4096],
            len: 0,
            failed: None,
        }
    }

    fn put(&mut self, line: &mut Line) {
        let bytes = line.terminated().to_bytes();
        if self.buffer.len() - self.len < bytes.len() {
            self.flush();
        }
        if let Some(place) = self.buffer.get_mut(self.len..self.len + bytes.len()) {
            place.copy_from_slice(bytes);
            self.len += bytes.len();
        }
    }

    fn flush(&mut self) {
        let mut rest = self.buffer.get(..self.len).unwrap_or(&[]);
        while self.failed.is_none() && !rest.is_empty() {
            // SAFETY: the bytes are valid for the call.
            let written = unsafe { libc::write(self.descriptor, rest.as_ptr().cast(), rest.len()) };
            match usize::try_from(written) {
                Ok(written) => rest = rest.get(written..).unwrap_or(&[]),
                Err(_) if errno::value() == libc::EINTR => {}
                Err(_) => self.failed = Some(errno::value()),
            }
        }
        self.len = 0;
    }
}
