//! Where a stack was copied.

/// Where a thread is.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The address of an instruction.
    pub instruction: u64,
    /// The stack pointer there.
    pub stack_pointer: u64,
    /// The frame pointer there.
    pub frame_pointer: u64,
}
