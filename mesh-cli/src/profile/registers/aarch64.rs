//! AArch64.

use framehop::UnwindRegsNative;
use framehop::aarch64::PtrAuthMask;
use heapprofile::Stack;

/// The bits of an address; the others may be a signature.
const ADDRESS: u64 = (1 << 48) - 1;

/// The registers from which the frames of a stack are found. The innermost frame has its address to return to on the stack, as all
/// others: it calls.
pub(super) fn of(stack: &Stack<'_>) -> UnwindRegsNative {
    UnwindRegsNative::new_with_ptr_auth_mask(
        PtrAuthMask(ADDRESS),
        0,
        stack.stack_pointer(),
        stack.frame_pointer(),
    )
}
