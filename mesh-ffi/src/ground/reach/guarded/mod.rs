//! A copy of words that may not be there.
//!
//! Two instructions read and write them. Where one of these faults, the handler of SIGSEGV goes on behind the loop, which then says
//! that it did not get to its end.

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod words;

unsafe extern "C" {
    fn mesh_guarded_copy(to: *mut u64, from: *const u64, words: usize) -> u32;
    fn mesh_guarded_load();
    fn mesh_guarded_store();
    fn mesh_guarded_return();
}

/// Copies so many words, the last one first; says whether all of them were there.
///
/// # Safety
/// Each place is valid for its words, or belongs to the program, which has a system call read or write it now; and our handler of
/// SIGSEGV is in place, or the places are there.
pub(super) unsafe fn copy(to: *mut u64, from: *const u64, words: usize) -> bool {
    // SAFETY: what faults is ended by the handler (contract).
    unsafe { mesh_guarded_copy(to, from, words) != 0 }
}

/// Where to go on after a fault at the instruction at `address`, if it is one of the two.
pub(crate) fn after_fault_at(address: usize) -> Option<usize> {
    let is_guarded = address == mesh_guarded_load as *const () as usize
        || address == mesh_guarded_store as *const () as usize;
    is_guarded.then_some(mesh_guarded_return as *const () as usize)
}
