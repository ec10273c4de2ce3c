//! Functions that return memory, by others that the program may call as well.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr::null_mut;

use arena::os::syscall;
use libc::{DIR, FILE, dirent64, size_t, ssize_t};

use crate::ground::errno;

use super::StandIn;
use super::linked::linked;

unsafe extern "C" {
    // Ours: in a static program there are no others.
    fn malloc(size: size_t) -> *mut c_void;
    fn realloc(block: *mut c_void, size: size_t) -> *mut c_void;
    fn free(block: *mut c_void);
    // The C library's.
    fn fgetc(stream: *mut FILE) -> c_int;
    fn vsnprintf(to: *mut c_char, room: size_t, format: *const c_char, list: *mut c_void) -> c_int;
    fn opendir(path: *const c_char) -> *mut DIR;
    fn fdopendir(directory: c_int) -> *mut DIR;
    fn readdir64(directory: *mut DIR) -> *mut dirent64;
    fn closedir(directory: *mut DIR) -> c_int;
    fn qsort(start: *mut c_void, count: size_t, size: size_t, order: *const c_void);
}

/// The least room for a line.
const LINE: usize = 120;

unsafe extern "C" fn getdelim(
    line: *mut *mut c_char,
    room: *mut size_t,
    end: c_int,
    stream: *mut FILE,
) -> ssize_t {
    if line.is_null() || room.is_null() {
        errno::set(libc::EINVAL);
        return -1;
    }
    let mut len = 0;
    loop {
        // SAFETY: an open stream (contract).
        let byte = unsafe { fgetc(stream) };
        if byte == libc::EOF && len == 0 {
            return -1;
        }
        // SAFETY: the program's block and its size (contract).
        let (mut block, mut has) = unsafe { (*line, *room) };
        if block.is_null() {
            has = 0;
        }
        if len + 2 > has {
            has = (2 * has).max(LINE);
            // SAFETY: as above.
            block = unsafe { realloc(block.cast(), has) }.cast();
            if block.is_null() {
                return -1;
            }
            // SAFETY: valid for writes (contract).
            unsafe { line.write(block) };
            // SAFETY: as above.
            unsafe { room.write(has) };
        }
        if byte != libc::EOF {
            // SAFETY: within the block.
            unsafe { block.wrapping_add(len).write(byte as c_char) };
            len += 1;
        }
        if byte == libc::EOF || byte == end {
            // SAFETY: as above.
            unsafe { block.wrapping_add(len).write(0) };
            return len as ssize_t;
        }
    }
}

/// A list of arguments as this machine's calling convention has it.
type List = [usize; 3];

unsafe extern "C" fn vasprintf(
    string: *mut *mut c_char,
    format: *const c_char,
    list: *mut c_void,
) -> c_int {
    // SAFETY: a list (contract), which is used up by who reads it.
    let mut first = unsafe { list.cast::<List>().read() };
    // SAFETY: the same contract; nothing is written.
    let len = unsafe { vsnprintf(null_mut(), 0, format, (&raw mut first).cast()) };
    let Ok(room) = usize::try_from(len) else {
        return -1;
    };
    // SAFETY: has no preconditions.
    let block = unsafe { malloc(room + 1) }.cast::<c_char>();
    if block.is_null() {
        return -1;
    }
    // SAFETY: valid for a write (contract).
    unsafe { string.write(block) };
    // SAFETY: the same contract; the block has so much room.
    unsafe { vsnprintf(block, room + 1, format, list) }
}

unsafe extern "C" fn vasprintf_chk(
    string: *mut *mut c_char,
    _: c_int,
    format: *const c_char,
    list: *mut c_void,
) -> c_int {
    // SAFETY: the same contract.
    unsafe { vasprintf(string, format, list) }
}

/// Bytes of a path, with the zero byte.
const PATH: usize = libc::PATH_MAX as usize;

/// Writes `text` to `place`, or to a block of its own if that is null.
///
/// # Safety
/// `place` is null or has room for a path.
unsafe fn given(place: *mut c_char, text: &CStr) -> *mut c_char {
    let bytes = text.to_bytes_with_nul();
    let to = if place.is_null() {
        // SAFETY: has no preconditions.
        unsafe { malloc(bytes.len()) }.cast()
    } else {
        place
    };
    if !to.is_null() {
        // SAFETY: room for a path, or for this one.
        unsafe { to.copy_from_nonoverlapping(bytes.as_ptr().cast(), bytes.len()) };
    }
    to
}

/// `realpath`, as the kernel knows the path of an open file.
unsafe extern "C" fn realpath(path: *const c_char, resolved: *mut c_char) -> *mut c_char {
    if path.is_null() {
        errno::set(libc::EINVAL);
        return null_mut();
    }
    let flags = libc::O_PATH | libc::O_CLOEXEC;
    let arguments = [
        libc::AT_FDCWD as usize,
        path.expose_provenance(),
        flags as usize,
        0,
        0,
        0,
    ];
    // SAFETY: a string (contract).
    let file = super::answer(unsafe { syscall(libc::SYS_openat, arguments) });
    let Ok(file) = usize::try_from(file) else {
        return null_mut();
    };
    let mut link = [0_u8; 32];
    let name = super::shaped::link_of(file, &mut link);
    let mut found = [0_u8; PATH];
    let arguments = [
        name.expose_provenance(),
        found.as_mut_ptr().expose_provenance(),
        PATH - 1,
        0,
        0,
        0,
    ];
    // SAFETY: a string, and room for so many bytes.
    let len = super::answer(unsafe { syscall(libc::SYS_readlink, arguments) });
    // SAFETY: opened above.
    let _ = unsafe { syscall(libc::SYS_close, [file, 0, 0, 0, 0, 0]) };
    match CStr::from_bytes_until_nul(&found) {
        // SAFETY: the same contract.
        Ok(text) if len >= 0 => unsafe { given(resolved, text) },
        _ => null_mut(),
    }
}

unsafe extern "C" fn canonicalize_file_name(path: *const c_char) -> *mut c_char {
    // SAFETY: the same contract.
    unsafe { realpath(path, null_mut()) }
}

unsafe extern "C" fn get_current_dir_name() -> *mut c_char {
    let mut found = [0_u8; PATH];
    let arguments = [found.as_mut_ptr().expose_provenance(), PATH, 0, 0, 0, 0];
    // SAFETY: room for so many bytes.
    let len = super::answer(unsafe { syscall(libc::SYS_getcwd, arguments) });
    match CStr::from_bytes_until_nul(&found) {
        // SAFETY: null is permitted.
        Ok(text) if len >= 0 => unsafe { given(null_mut(), text) },
        _ => null_mut(),
    }
}

unsafe extern "C" fn getcwd(buffer: *mut c_char, len: size_t) -> *mut c_char {
    type Get = unsafe extern "C" fn(*mut c_char, size_t) -> *mut c_char;
    let linked = linked!("__getcwd")();
    if linked.is_null() {
        if buffer.is_null() {
            // SAFETY: has no preconditions.
            return unsafe { get_current_dir_name() };
        }
        let arguments = [buffer.expose_provenance(), len, 0, 0, 0, 0];
        // SAFETY: the program's buffer.
        let written = super::answer(unsafe { syscall(libc::SYS_getcwd, arguments) });
        return if written < 0 { null_mut() } else { buffer };
    }
    // SAFETY: the C library's function of this name.
    let get = unsafe { core::mem::transmute::<*mut c_void, Get>(linked) };
    // SAFETY: the same contract.
    unsafe { get(buffer, len) }
}

type Wanted = Option<unsafe extern "C" fn(*const dirent64) -> c_int>;

/// Lists `directory`, and closes it.
///
/// # Safety
/// As for `scandir`.
unsafe fn listed(
    directory: *mut DIR,
    entries: *mut *mut *mut dirent64,
    wanted: Wanted,
    order: *const c_void,
) -> c_int {
    if directory.is_null() {
        return -1;
    }
    let (mut list, mut count, mut room) = (null_mut::<*mut dirent64>(), 0_usize, 0_usize);
    let mut failed = false;
    loop {
        // SAFETY: an open directory.
        let entry = unsafe { readdir64(directory) };
        if entry.is_null() {
            break;
        }
        // SAFETY: the program's function, for an entry (contract).
        if wanted.is_some_and(|wanted| unsafe { wanted(entry) } == 0) {
            continue;
        }
        if count == room {
            room = (2 * room).max(16);
            // SAFETY: our own block.
            let longer = unsafe { realloc(list.cast(), room * size_of::<*mut dirent64>()) };
            if longer.is_null() {
                failed = true;
                break;
            }
            list = longer.cast();
        }
        // SAFETY: an entry says how long it is.
        let len = usize::from(unsafe { (*entry).d_reclen });
        // SAFETY: has no preconditions.
        let copy = unsafe { malloc(len) }.cast::<u8>();
        if copy.is_null() {
            failed = true;
            break;
        }
        // SAFETY: both have so many bytes.
        unsafe { copy.copy_from_nonoverlapping(entry.cast(), len) };
        // SAFETY: there is room.
        unsafe { list.add(count).write(copy.cast()) };
        count += 1;
    }
    // SAFETY: open, and used by nobody from now on.
    errno::preserved(|| unsafe { closedir(directory) });
    if failed {
        for index in 0..count {
            // SAFETY: one of those that were written.
            let entry = unsafe { list.add(index).read() };
            // SAFETY: our own block.
            unsafe { free(entry.cast()) };
        }
        // SAFETY: as above.
        unsafe { free(list.cast()) };
        return -1;
    }
    if !order.is_null() && count > 1 {
        // SAFETY: the list has so many addresses; the program's function compares them (contract).
        unsafe { qsort(list.cast(), count, size_of::<*mut dirent64>(), order) };
    }
    // SAFETY: valid for a write (contract).
    unsafe { entries.write(list) };
    c_int::try_from(count).unwrap_or(-1)
}

unsafe extern "C" fn scandir(
    path: *const c_char,
    entries: *mut *mut *mut dirent64,
    wanted: Wanted,
    order: *const c_void,
) -> c_int {
    // SAFETY: a string (contract).
    let directory = unsafe { opendir(path) };
    // SAFETY: the same contract.
    unsafe { listed(directory, entries, wanted, order) }
}

unsafe extern "C" fn scandirat(
    at: c_int,
    path: *const c_char,
    entries: *mut *mut *mut dirent64,
    wanted: Wanted,
    order: *const c_void,
) -> c_int {
    let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_CLOEXEC;
    let arguments = [
        at as usize,
        path.expose_provenance(),
        flags as usize,
        0,
        0,
        0,
    ];
    // SAFETY: a string (contract).
    let file = super::answer(unsafe { syscall(libc::SYS_openat, arguments) });
    if file < 0 {
        return -1;
    }
    // SAFETY: opened above.
    let directory = unsafe { fdopendir(file as c_int) };
    // SAFETY: the same contract.
    unsafe { listed(directory, entries, wanted, order) }
}

/// `arc4random_buf`, which cannot fail.
pub(super) unsafe extern "C" fn arc4random_buf(buffer: *mut u8, len: size_t) {
    let mut filled = 0;
    while filled < len {
        let rest = buffer.wrapping_add(filled).expose_provenance();
        // SAFETY: the program's buffer.
        match unsafe { syscall(libc::SYS_getrandom, [rest, len - filled, 0, 0, 0, 0]) } {
            read @ 1.. => filled += read as usize,
            error if error == -(libc::EINTR as isize) => {}
            _ => crate::ground::system::abort(),
        }
    }
}

unsafe extern "C" fn posix_spawn(
    process: *mut c_int,
    path: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    arguments: *const c_void,
    environment: *const c_void,
) -> c_int {
    // SAFETY: the same contract.
    unsafe {
        spawned(
            process,
            path,
            actions,
            attributes,
            arguments,
            environment,
            0,
        )
    }
}

unsafe extern "C" fn posix_spawnp(
    process: *mut c_int,
    path: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    arguments: *const c_void,
    environment: *const c_void,
) -> c_int {
    /// The program is looked for in PATH.
    const USE_PATH: c_int = 1;
    // SAFETY: the same contract.
    unsafe {
        spawned(
            process,
            path,
            actions,
            attributes,
            arguments,
            environment,
            USE_PATH,
        )
    }
}

/// The C library's function behind both.
///
/// # Safety
/// As for `posix_spawn`.
unsafe fn spawned(
    process: *mut c_int,
    path: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    arguments: *const c_void,
    environment: *const c_void,
    flags: c_int,
) -> c_int {
    type Spawn = unsafe extern "C" fn(
        *mut c_int,
        *const c_char,
        *const c_void,
        *const c_void,
        *const c_void,
        *const c_void,
        c_int,
    ) -> c_int;
    let spawn = linked!("__spawni")();
    if spawn.is_null() {
        return libc::ENOSYS;
    }
    // SAFETY: the C library's function of this name.
    let spawn = unsafe { core::mem::transmute::<*mut c_void, Spawn>(spawn) };
    let mut unwanted = MaybeUninit::<c_int>::uninit();
    let process = if process.is_null() {
        unwanted.as_mut_ptr()
    } else {
        process
    };
    // SAFETY: the same contract.
    unsafe {
        spawn(
            process,
            path,
            actions,
            attributes,
            arguments,
            environment,
            flags,
        )
    }
}

/// Functions that came to the C library after those that this library needs of it.
pub(super) const NEWER: &[StandIn] =
    &[StandIn::new(c"arc4random_buf", arc4random_buf as *const ())];

/// All others.
pub(super) const ALL: &[StandIn] = &[
    StandIn::new(c"getdelim", getdelim as *const ()),
    StandIn::new(c"vasprintf", vasprintf as *const ()),
    StandIn::new(c"__vasprintf_chk", vasprintf_chk as *const ()),
    StandIn::new(c"realpath", realpath as *const ()),
    StandIn::new(c"__realpath_chk", realpath as *const ()),
    StandIn::new(
        c"canonicalize_file_name",
        canonicalize_file_name as *const (),
    ),
    StandIn::new(c"get_current_dir_name", get_current_dir_name as *const ()),
    StandIn::new(c"getcwd", getcwd as *const ()),
    StandIn::new(c"__getcwd_chk", getcwd as *const ()),
    StandIn::new(c"scandir", scandir as *const ()),
    StandIn::new(c"scandir64", scandir as *const ()),
    StandIn::new(c"scandirat", scandirat as *const ()),
    StandIn::new(c"scandirat64", scandirat as *const ()),
    StandIn::new(c"posix_spawn", posix_spawn as *const ()),
    StandIn::new(c"posix_spawnp", posix_spawnp as *const ()),
];
