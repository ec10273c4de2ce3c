//! Where objects are placed.

/// Where among the free slots of a span objects are placed.
///
/// Two spans mesh if their slots in use are disjoint. Say that `a` of the `s` slots of one and `b` of the other are in use, and that
/// the program does not look at addresses. What it keeps then decides which of the objects *in the order in which they were handed
/// out* are left, and the placement which slots these are:
///
/// | placement | the chance that the two are disjoint | |
/// |---|---|---|
/// | permuted | C(s − a, b) / C(s, b) | whatever is kept (PLDI 2019, section 5) |
/// | rotated | the same | a random set is kept |
/// | | at least 1 − ab / s | whatever is kept: of the `s` distances between the two first slots, each pair of objects rules out one |
/// | | 0 | at worst: the same set in both, with two objects at each distance |
/// | ascending | 0 | the same set in both |
///
/// Neighbours in time are neighbours in memory under rotation, and processors fetch ahead what comes in the order of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// In the order of addresses from a random slot on, and at the end from the lowest on. A class in which a search finds much less
    /// than among random sets is permuted from then on.
    Rotated,
    /// Anywhere: the slots in use are a random set, whatever the program keeps.
    Permuted,
    /// In the order of addresses. For measuring what randomness brings.
    Ascending,
}
