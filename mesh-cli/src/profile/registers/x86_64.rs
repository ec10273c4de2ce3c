//! x86-64.

use framehop::UnwindRegsNative;
use heapprofile::Stack;

/// The registers from which the frames of a stack are found.
pub(super) fn of(stack: &Stack<'_>) -> UnwindRegsNative {
    UnwindRegsNative::new(
        stack.instruction(),
        stack.stack_pointer(),
        stack.frame_pointer(),
    )
}
