//! Where objects are placed.

/// Where among the free slots of a span objects are placed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Anywhere: the slots in use are a random set, whatever the program does (PLDI 2019, section 4.2).
    Random,
    /// In the order of addresses. What the program frees by a rule then leaves the same slots in use in many spans, which do
    /// not mesh: for measuring what randomness brings.
    Ascending,
}
