//! Signals as people write them: `USR2`, `SIGUSR2`, `12`, `RTMIN+3`.
//!
//! The library and the tool that sends the signal read the same variable, so both read it here.
#![no_std]
#![forbid(unsafe_code)]

use libc::c_int;

/// The names of the signals of Linux, in their order, from the first on.
const NAMES: [&[u8]; 31] = [
    b"HUP", b"INT", b"QUIT", b"ILL", b"TRAP", b"ABRT", b"BUS", b"FPE", b"KILL", b"USR1", b"SEGV",
    b"USR2", b"PIPE", b"ALRM", b"TERM", b"STKFLT", b"CHLD", b"CONT", b"STOP", b"TSTP", b"TTIN",
    b"TTOU", b"URG", b"XCPU", b"XFSZ", b"VTALRM", b"PROF", b"WINCH", b"IO", b"PWR", b"SYS",
];

const _: () = assert!(libc::SIGHUP == 1 && libc::SIGSYS == NAMES.len() as c_int);

/// What other systems call some of them.
const OTHER_NAMES: [(&[u8], c_int); 3] = [
    (b"IOT", libc::SIGABRT),
    (b"CLD", libc::SIGCHLD),
    (b"POLL", libc::SIGIO),
];

/// The number of a signal that is given by its name, with or without `SIG`, in capitals, or by its number. Real-time signals
/// count from either end: `RTMIN`, `RTMIN+1`, `RTMAX-1`, `RTMAX`. `None` for what is no signal of a program.
pub fn signal(text: &[u8]) -> Option<c_int> {
    if text.first().is_some_and(u8::is_ascii_digit) {
        return number(text).filter(|&signal| is_signal(signal));
    }
    let name = text.strip_prefix(b"SIG").unwrap_or(text);
    let index = NAMES.iter().position(|&known| known == name);
    if let Some(index) = index {
        return c_int::try_from(index + 1).ok();
    }
    let other = OTHER_NAMES.iter().find(|(known, _)| *known == name);
    other.map(|&(_, signal)| signal).or_else(|| real_time(name))
}

/// The same for a signal that can ask a program for something: it can be caught, no fault raises it, and neither the C library
/// nor `libmesh` uses it for itself.
pub fn request(text: &[u8]) -> Option<c_int> {
    signal(text).filter(|signal| {
        !matches!(
            *signal,
            libc::SIGKILL
                | libc::SIGSTOP
                | libc::SIGILL
                | libc::SIGTRAP
                | libc::SIGABRT
                | libc::SIGBUS
                | libc::SIGFPE
                | libc::SIGSEGV
                | libc::SIGSYS
                | libc::SIGSTKFLT
        )
    })
}

/// Whether a program may use the signal: the C library keeps the first real-time ones for itself.
fn is_signal(number: c_int) -> bool {
    (1..=libc::SIGSYS).contains(&number) || is_real_time(number)
}

fn is_real_time(number: c_int) -> bool {
    (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&number)
}

/// A real-time signal by name.
fn real_time(name: &[u8]) -> Option<c_int> {
    let (end, distance) = if let Some(rest) = name.strip_prefix(b"RTMIN") {
        (libc::SIGRTMIN(), signed(rest, b'+')?)
    } else {
        (
            libc::SIGRTMAX(),
            -signed(name.strip_prefix(b"RTMAX")?, b'-')?,
        )
    };
    Some(end + distance).filter(|&signal| is_real_time(signal))
}

/// Nothing, or a number behind `sign`.
fn signed(text: &[u8], sign: u8) -> Option<c_int> {
    match text {
        [] => Some(0),
        [first, digits @ ..] if *first == sign => number(digits),
        _ => None,
    }
}

/// A decimal number of one or two digits.
fn number(digits: &[u8]) -> Option<c_int> {
    if digits.is_empty() || digits.len() > 2 {
        return None;
    }
    digits.iter().try_fold(0, |value, digit| {
        digit
            .is_ascii_digit()
            .then(|| value * 10 + c_int::from(digit - b'0'))
    })
}
