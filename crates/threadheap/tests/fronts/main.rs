//! Front ends over a real heap on real pages.

#[path = "../../../arena/tests/pages/confined.rs"]
#[expect(
    dead_code,
    reason = "its clock and its half-way steps are for other tests"
)]
mod confined;
mod keeping;
mod lifecycle;
mod mistakes;
mod placement;
mod program;
mod resting;
mod sequences;
mod steady;
