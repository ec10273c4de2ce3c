//! What glibc offers to look at the heap and to tune it, and what Mesh adds.

use core::ffi::{c_char, c_int, c_void};

use libc::FILE;

use crate::face::output::{Buffer, Output};
use crate::face::summary;
use crate::ground::heap::HEAP;
use crate::ground::line::Line;
use crate::ground::pause::pause;
use crate::ground::resolved::own;
use crate::ground::{errno, request, tls};

own!(fn put = c"fputs" or libc::fputs, (text: *const c_char, stream: *mut FILE) -> c_int);

/// The figures that the functions below present.
struct Figures {
    /// Bytes from the system that are there for the heap.
    system: usize,
    /// Bytes in large objects, and their number.
    large: usize,
    large_count: usize,
    /// Bytes of blocks in use.
    in_use: usize,
    /// Bytes from the system that are not in use.
    free: usize,
    /// Bytes that `malloc_trim` could give back at least.
    trimmable: usize,
}

fn figures() -> Figures {
    tls::within(|| {
        let stats = HEAP.global().stats();
        let arena = HEAP.global().pages().stats();
        let in_use = stats.small_bytes + stats.large_bytes;
        let system = stats.span_bytes.max(stats.small_bytes) + stats.large_bytes + arena.dirty;
        Figures {
            system,
            large: stats.large_bytes,
            large_count: stats.large_count,
            in_use,
            free: system - in_use,
            trimmable: arena.dirty,
        }
    })
}

/// Figures of the heap, with the meanings that glibc's manual gives them: all blocks come from one arena, of which
/// `uordblks` bytes are in use and `fordblks` are not.
#[unsafe(no_mangle)]
pub extern "C" fn mallinfo2() -> libc::mallinfo2 {
    let figures = figures();
    libc::mallinfo2 {
        arena: figures.system,
        ordblks: 1,
        smblks: 0,
        hblks: 0,
        hblkhd: 0,
        usmblks: 0,
        fsmblks: 0,
        uordblks: figures.in_use,
        fordblks: figures.free,
        keepcost: figures.trimmable,
    }
}

/// As `mallinfo2`, in `int`s: what does not fit is shown as the largest, and `fordblks` so that the figures still add up.
#[unsafe(no_mangle)]
pub extern "C" fn mallinfo() -> libc::mallinfo {
    let wide = mallinfo2();
    let int = |value: usize| c_int::try_from(value).unwrap_or(c_int::MAX);
    let (arena, uordblks) = (int(wide.arena), int(wide.uordblks));
    libc::mallinfo {
        arena,
        ordblks: int(wide.ordblks),
        smblks: int(wide.smblks),
        hblks: int(wide.hblks),
        hblkhd: int(wide.hblkhd),
        usmblks: int(wide.usmblks),
        fsmblks: int(wide.fsmblks),
        uordblks,
        fordblks: arena - uordblks,
        keepcost: int(wide.keepcost),
    }
}

/// Writes the figures to `stream` as XML. EINVAL for options other than zero.
///
/// # Safety
/// `stream` is open for writing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn malloc_info(options: c_int, stream: *mut FILE) -> c_int {
    if options != 0 || stream.is_null() {
        errno::set(libc::EINVAL);
        return -1;
    }
    let figures = figures();
    let write = |line: &mut Line| {
        let text = line.terminated();
        // SAFETY: the stream is open (contract), and the text ends with a zero byte.
        unsafe { put(text.as_ptr(), stream) >= 0 }
    };
    let element = |name: &str, count: usize, size: usize| {
        let mut line = Line::bare();
        line.text("<").text(name).text(" count=\"").number(count);
        line.text("\" size=\"").number(size).text("\"/>");
        write(&mut line)
    };
    let attribute = |name: &str, kind: &str, size: usize| {
        let mut line = Line::bare();
        line.text("<").text(name).text(" type=\"").text(kind);
        line.text("\" size=\"").number(size).text("\"/>");
        write(&mut line)
    };
    let done = write(Line::bare().text("<malloc version=\"1\">"))
        && write(Line::bare().text("<heap nr=\"0\">"))
        && write(Line::bare().text("<sizes>"))
        && write(Line::bare().text("</sizes>"))
        && element("total type=\"fast\"", 0, 0)
        && element("total type=\"rest\"", 1, figures.free)
        && element("total type=\"mmap\"", figures.large_count, figures.large)
        && attribute("system", "current", figures.system)
        && attribute("system", "max", figures.system)
        && attribute("aspace", "total", figures.system)
        && attribute("aspace", "mprotect", figures.system)
        && write(Line::bare().text("</heap>"))
        && element("total type=\"fast\"", 0, 0)
        && element("total type=\"rest\"", 1, figures.free)
        && element("total type=\"mmap\"", figures.large_count, figures.large)
        && attribute("system", "current", figures.system)
        && attribute("system", "max", figures.system)
        && attribute("aspace", "total", figures.system)
        && attribute("aspace", "mprotect", figures.system)
        && write(Line::bare().text("</malloc>"));
    if done { 0 } else { -1 }
}

/// Prints the summary.
#[unsafe(no_mangle)]
pub extern "C" fn malloc_stats() {
    summary::write(&mut Output::StandardError);
}

/// Gives back what can be given back: flushes this thread's slots, meshes, and purges. Returns 1 if that released memory.
#[unsafe(no_mangle)]
pub extern "C" fn malloc_trim(_keep: usize) -> c_int {
    c_int::from(mesh_compact() > 0)
}

/// The largest value that glibc takes for `M_MXFAST`.
const LARGEST_FAST: c_int = 80 * size_of::<usize>() as c_int / 4;

/// Options of `mallopt`, as glibc numbers them.
mod option {
    use core::ffi::c_int;

    pub(super) const FAST: c_int = 1;
    pub(super) const PERTURB: c_int = -6;
}

/// Returns 1 for what is so, or needs not be: thresholds, arenas and mappings of glibc's heap mean nothing here, and unused memory goes
/// back by itself. Returns 0 for what is refused: blocks are not filled with a pattern (`M_PERTURB`), and `M_MXFAST` has glibc's bound.
#[unsafe(no_mangle)]
pub extern "C" fn mallopt(parameter: c_int, value: c_int) -> c_int {
    let is_taken = match parameter {
        option::PERTURB => value == 0,
        option::FAST => (0..=LARGEST_FAST).contains(&value),
        _ => true,
    };
    c_int::from(is_taken)
}

/// Gives back what can be given back; returns the number of bytes.
#[unsafe(no_mangle)]
pub extern "C" fn mesh_compact() -> usize {
    let bytes = tls::within(compact);
    request::PUBLISHING.ask();
    bytes
}

/// Gives back the slots that the calling thread keeps.
pub(crate) fn flush() {
    if let tls::Standing::Attached(front) | tls::Standing::Asleep(front) = tls::standing() {
        // SAFETY: the calling thread's own heap.
        unsafe { HEAP.wake(front) };
        tls::set_awake(front);
        // SAFETY: the calling thread's own heap.
        unsafe { &mut *front.as_ptr() }.flush();
    }
}

/// Milliseconds that giving back waits for a cycle of another thread, at most.
const PATIENCE_MS: u64 = 500;

/// Waits for the cycle of another thread, which has looked at some spans before the program freed what was in them.
fn wait_for_others() {
    for _ in 0..PATIENCE_MS {
        if !HEAP.global().is_in_cycle() {
            break;
        }
        pause(1);
    }
}

/// Gives back what can be given back; returns the number of bytes.
pub(crate) fn compact() -> usize {
    flush();
    HEAP.relieve_sleepers();
    if !tls::inside_twice() {
        wait_for_others();
    }
    let unused = HEAP.global().pages().stats().dirty;
    HEAP.global().compact() + unused
}

/// Writes all figures as one JSON object to `buffer`, which has `size` bytes, the zero byte at the end included: what does
/// not fit is cut. Returns how many bytes there are without that.
///
/// # Safety
/// `buffer` is valid for writes of `size` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mesh_stats_json(buffer: *mut c_char, size: usize) -> usize {
    // SAFETY: valid for writes of as many bytes (contract).
    let mut output = Output::Buffer(unsafe { Buffer::new(buffer, size) });
    summary::write_json(&mut output);
    match output {
        Output::Buffer(buffer) => buffer.end(),
        _ => 0,
    }
}

/// Bytes that a block has room for; zero for null and for what is not ours.
#[unsafe(no_mangle)]
pub extern "C" fn mesh_usable_size(object: *mut c_void) -> usize {
    core::ptr::NonNull::new(object.cast())
        .and_then(|object| HEAP.global().below().usable_size(object))
        .unwrap_or(0)
}

/// Whether an address lies in the range that all blocks come from.
#[unsafe(no_mangle)]
pub extern "C" fn mesh_in_bounds(address: *const c_void) -> c_int {
    c_int::from(HEAP.global().pages().owns(address.addr()))
}
