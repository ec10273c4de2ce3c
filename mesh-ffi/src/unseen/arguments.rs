//! What the kernel may write to for a request whose argument only a driver knows the form of.
//!
//! The argument may be a number or an address; what is there may have other addresses in it, and so on. Whatever looks like
//! an address of an object that may be meshed is published as one, two steps deep. A number that looks like one costs a span that is not
//! meshed during the call.

use core::ptr::{with_exposed_provenance, without_provenance};

use arena::{Linux, Os};

use crate::ground::reach::copy_in;
use crate::unseen::pinning::{make_way, pin};
use crate::unseen::written::{Written, meshed_object};

/// Words that are looked at in what nobody says the size of.
const UNKNOWN: usize = 32;

/// Words that are looked at in an object that another one leads to.
const NESTED: usize = 64;

/// Words that are read at a time.
const CHUNK: usize = 8;

const WORD: usize = size_of::<u64>();

/// The lowest address that a program can have mapped: a smaller argument is a number.
const LOWEST_ADDRESS: usize = 4096;

/// Lets `act` see the words that there are at `at`, `count` at most.
fn each_word(mut at: usize, mut count: usize, mut act: impl FnMut(usize)) {
    let mut chunk = [0; CHUNK];
    while count > 0 {
        // Whole pages are there or not. A word that lies in two is not looked at for itself.
        let in_page = (Linux::PAGE_SIZE - at % Linux::PAGE_SIZE) / WORD;
        let words = chunk.get_mut(..count.min(CHUNK).min(in_page.max(1)));
        let Some(words) = words else { return };
        if !copy_in(with_exposed_provenance(at), words) {
            return;
        }
        for &mut word in &mut *words {
            act(word as usize);
        }
        at = at.wrapping_add(words.len() * WORD);
        count -= words.len();
    }
}

/// Lets `act` see the addresses of objects that may be meshed: those that the argument is, or leads to.
fn each_object(argument: usize, words: usize, mut act: impl FnMut(usize)) {
    if argument < LOWEST_ADDRESS {
        return;
    }
    if meshed_object(argument).is_some() {
        act(argument);
    }
    each_word(argument, words, |first| {
        if let Some(size) = meshed_object(first) {
            act(first);
            each_word(first, NESTED.min(size / WORD), |second| {
                if meshed_object(second).is_some() {
                    act(second);
                }
            });
        }
    });
}

/// Keeps the pages of what an argument of unknown form is, or leads to, since a driver may use it after the call.
pub(crate) fn keep(argument: usize) {
    each_object(argument, UNKNOWN, |at| pin(without_provenance(at), 1));
}

/// What a request may write to whose argument has so many words.
fn by_argument(argument: usize, words: usize) -> Written {
    let mut written = Written::NOTHING;
    each_object(argument, words, |at| {
        written = written.object(without_provenance::<u8>(at));
    });
    written
}

/// Words of the argument of an `ioctl`: many requests tell its size.
fn words_of(request: usize) -> usize {
    let size = request >> 16 & 0x3FFF;
    let has_direction = request >> 30 & 3 != 0;
    if has_direction {
        size.div_ceil(WORD)
    } else {
        UNKNOWN
    }
}

/// Whether a driver goes on using the argument of a request, and what it leads to, after the call: a transfer by USB that is
/// only begun, and buffers of the program's own for a camera.
fn is_kept(request: usize) -> bool {
    let (kind, number) = (request >> 8 & 0xFF, request & 0xFF);
    matches!(
        (kind as u8, number),
        (b'U', SUBMIT_TRANSFER) | (b'V', QUEUE_BUFFER | PREPARE_BUFFER)
    )
}

/// USBDEVFS_SUBMITURB.
const SUBMIT_TRANSFER: usize = 10;
/// VIDIOC_QBUF.
const QUEUE_BUFFER: usize = 15;
/// VIDIOC_PREPARE_BUF.
const PREPARE_BUFFER: usize = 93;

/// `UFFDIO_REGISTER`: its argument begins with the start and the length of a range.
const REGISTER: usize = 0xc020_aa00;

/// What `ioctl` may write to.
pub(crate) fn by_ioctl(request: usize, argument: usize) -> Written {
    let mut range = [0_u64; 2];
    if request == REGISTER && copy_in(with_exposed_provenance(argument), &mut range) {
        let [start, len] = range;
        make_way(start as usize, len as usize);
    }
    let words = words_of(request);
    if is_kept(request) {
        each_object(argument, words, |at| pin(without_provenance(at), 1));
    }
    by_argument(argument, words)
}

/// What `ptrace` may write to: a value, a record, a vector of one part, or an array.
pub(crate) fn by_ptrace(address: usize, data: usize) -> Written {
    by_argument(data, 2).object(without_provenance::<u8>(address))
}

/// What a call may write to whose argument is a record with addresses in it, of unknown size.
pub(crate) fn by_record(argument: usize) -> Written {
    by_argument(argument, UNKNOWN)
}
