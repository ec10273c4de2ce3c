//! Fork. What happens to the groups is told in the `fork` module of `meshheap`.
//!
//! Ways in: our [`fork`] reserves and leaves the rest to the handlers that the C library calls; a fork inside the C library
//! (`daemon`, `forkpty`) comes to the handlers without a reservation; `clones` has the ways that call no handlers. In a static
//! program all ways end in `_Fork`, which is one of those, and there are no handlers.

pub(crate) mod clones;
mod files;
mod handlers;
pub(crate) mod machine;
pub(crate) mod wanted;

use libc::pid_t;

use crate::ground::alone::is_alone;
use crate::ground::errno;
use crate::ground::next::next;

pub(crate) use handlers::register;

next!(fn next_fork = c"fork"() -> pid_t);

/// `fork`; EAGAIN when there is no room for the child's copies of meshed spans.
///
/// # Safety
/// As for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fork() -> pid_t {
    if is_alone() {
        // SAFETY: the same contract. All that it does around its call of `_Fork`, which is ours, is as in any program.
        return unsafe { next_fork() };
    }
    // Without handlers nobody would prepare what is reserved here.
    let permitted = register() && machine::reserve().is_ok();
    if !permitted {
        errno::set(libc::EAGAIN);
        return -1;
    }
    // SAFETY: the same contract.
    unsafe { next_fork() }
}
