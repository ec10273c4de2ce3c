//! What other processes read of this one: the figures of the heap, in a block of our own memory whose name is a dynamic symbol.
//!
//! ```text
//!  upkeep, by whom it is due ── once a second ──┐
//!  a wait, when there is nothing more to do ────┤ ask
//!  `mesh_compact`                            ───┘
//!  a slow path, at its begin ─┐
//!  a wait ────────────────────┤ outside of all locks of ours: publishes, aside
//!  the background thread ─────┘
//! ```
//!
//! Nobody is told, nothing is opened, and nothing is asked of the kernel that upkeep does not ask for. Until the first time the block is a
//! page that nobody has touched.

use core::sync::atomic::{AtomicU64, Ordering};

use arena::{Linux, Os};
use heap::Upkeep;
use published::{Block, Class, Figure, Text};

use crate::ground::heap::HEAP;
use crate::ground::reach::is_filtered;
use crate::ground::{barrier, errno, process, request, system, tls};
use crate::unseen::stop;
use crate::upkeep::figures;

/// Milliseconds between two publishings that upkeep asks for.
const PERIOD_MS: u64 = 1_000;

/// What is published. The reader looks it up by this name: see [`published::SYMBOL`].
#[unsafe(no_mangle)]
pub static mesh_published: Block = Block::new();

/// When upkeep asks again, in milliseconds.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// Publishes from now on.
pub(crate) fn begin() {
    NEXT.store(now() + PERIOD_MS, Ordering::Relaxed);
    request::PUBLISHING.answer_with(answer);
}

fn now() -> u64 {
    HEAP.global().pages().clock_ms()
}

/// Asks, if that is due. Of several threads that find it due, one asks.
pub(super) fn ask_if_due(now: u64) {
    let due = NEXT.load(Ordering::Relaxed);
    if now < due {
        return;
    }
    let next = now.saturating_add(PERIOD_MS);
    let claimed = NEXT.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed);
    if claimed.is_ok() {
        request::PUBLISHING.ask();
    }
}

/// Publishing was asked for.
fn answer() {
    // What the program's own filter of system calls lets through is what the program calls. A child that shares its parent's memory has
    // nothing to say of it.
    if tls::inside() || is_filtered() || !process::is_ours() {
        return;
    }
    let answer = || errno::preserved(|| tls::within(|| request::PUBLISHING.answer_all(publish)));
    // Where another thread is aside, the next one who comes by does it.
    let _ = HEAP.global().pages().run_aside(answer);
}

/// The same in the thread of the library, whose own stack suffices: it leaves that of the upkeep to others.
pub(super) fn answer_in_background() {
    if !is_filtered() {
        tls::within(|| request::PUBLISHING.answer_all(publish));
    }
}

/// Publishes the figures of now. One thread at a time answers requests.
fn publish() {
    mesh_published.publish(|writer| {
        figures::each(|which, value| writer.figure(which, value as u64));
        let (mut small_bytes, mut span_pages) = (0, 0);
        for (number, class) in HEAP.global().classes().enumerate() {
            let figures = [
                class.object_size,
                class.slots,
                class.pages,
                class.spans,
                class.physical_spans,
                class.groups,
                class.live,
                usize::from(class.apart),
            ];
            let row = Class(figures.map(|figure| figure as u64));
            writer.class(number, &row);
            small_bytes += row.live_bytes();
            span_pages += row.physical_pages();
        }
        // Those of the rows, so that what is published adds up although other threads go on.
        writer.figure(Figure::SmallBytes, small_bytes);
        writer.figure(Figure::SpanBytes, span_pages * Linux::PAGE_SIZE as u64);
        writer.figure(Figure::WhenMs, now());
        let process = u64::try_from(system::process_number()).unwrap_or(0);
        writer.figure(Figure::Process, process);
        let (name, why) = barrier::words();
        writer.text(Text::UnmeshedBecause, stop::reason().unwrap_or(""));
        writer.text(Text::Barrier, name);
        writer.text(Text::BarrierReason, why);
    });
}
