//! The words: the offset of each from the thread pointer comes from the global offset table.

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "x86_64", path = "x86_64.rs")]
mod machine;

use core::arch::global_asm;

use hazard::HazardRecord;

use super::IDLE;
use crate::ground::heap::Front;

pub(super) use machine::thread_pointer;
use machine::{offset, read, write};

global_asm!(
    ".pushsection .tdata,\"awT\",@progbits",
    ".p2align 4",
    ".hidden mesh_thread_heap",
    ".globl mesh_thread_heap",
    ".type mesh_thread_heap, @object",
    "mesh_thread_heap:",
    ".quad {idle}",
    ".size mesh_thread_heap, 8",
    ".hidden mesh_thread_inside",
    ".globl mesh_thread_inside",
    ".type mesh_thread_inside, @object",
    "mesh_thread_inside:",
    ".quad 0",
    ".size mesh_thread_inside, 8",
    ".hidden mesh_thread_fault_page",
    ".globl mesh_thread_fault_page",
    ".type mesh_thread_fault_page, @object",
    "mesh_thread_fault_page:",
    ".quad 0",
    ".size mesh_thread_fault_page, 8",
    ".hidden mesh_thread_fault_phase",
    ".globl mesh_thread_fault_phase",
    ".type mesh_thread_fault_phase, @object",
    "mesh_thread_fault_phase:",
    ".quad 0",
    ".size mesh_thread_fault_phase, 8",
    ".hidden mesh_thread_hazards",
    ".globl mesh_thread_hazards",
    ".type mesh_thread_hazards, @object",
    "mesh_thread_hazards:",
    ".quad 0",
    ".size mesh_thread_hazards, 8",
    ".hidden mesh_thread_own",
    ".globl mesh_thread_own",
    ".type mesh_thread_own, @object",
    "mesh_thread_own:",
    ".quad 0",
    ".size mesh_thread_own, 8",
    ".hidden mesh_thread_child_process",
    ".globl mesh_thread_child_process",
    ".type mesh_thread_child_process, @object",
    "mesh_thread_child_process:",
    ".quad 0",
    ".size mesh_thread_child_process, 8",
    ".hidden mesh_thread_child_handler",
    ".globl mesh_thread_child_handler",
    ".type mesh_thread_child_handler, @object",
    "mesh_thread_child_handler:",
    ".quad 0",
    ".size mesh_thread_child_handler, 8",
    ".hidden mesh_thread_child_flags",
    ".globl mesh_thread_child_flags",
    ".type mesh_thread_child_flags, @object",
    "mesh_thread_child_flags:",
    ".quad 0",
    ".size mesh_thread_child_flags, 8",
    ".hidden mesh_thread_child_mask",
    ".globl mesh_thread_child_mask",
    ".type mesh_thread_child_mask, @object",
    "mesh_thread_child_mask:",
    ".quad 0",
    ".size mesh_thread_child_mask, 8",
    ".hidden mesh_thread_bytes_to_sample",
    ".globl mesh_thread_bytes_to_sample",
    ".type mesh_thread_bytes_to_sample, @object",
    "mesh_thread_bytes_to_sample:",
    ".quad 0",
    ".size mesh_thread_bytes_to_sample, 8",
    ".popsection",
    idle = sym IDLE,
);

#[inline(always)]
pub(super) fn heap() -> *mut Front {
    read!("mesh_thread_heap") as *mut Front
}

pub(super) fn set_heap(heap: *mut Front) {
    write!("mesh_thread_heap", heap);
}

#[inline(always)]
pub(super) fn own() -> *mut Front {
    read!("mesh_thread_own") as *mut Front
}

pub(super) fn set_own(heap: *mut Front) {
    write!("mesh_thread_own", heap);
}

#[inline(always)]
pub(super) fn inside() -> usize {
    read!("mesh_thread_inside")
}

#[inline(always)]
pub(super) fn set_inside(depth: usize) {
    write!("mesh_thread_inside", depth);
}

pub(super) fn last_fault() -> (usize, usize) {
    (
        read!("mesh_thread_fault_page"),
        read!("mesh_thread_fault_phase"),
    )
}

pub(super) fn set_last_fault(page: usize, phase: usize) {
    write!("mesh_thread_fault_page", page);
    write!("mesh_thread_fault_phase", phase);
}

#[inline(always)]
pub(super) fn hazards() -> *const HazardRecord {
    read!("mesh_thread_hazards") as *const HazardRecord
}

pub(super) fn set_hazards(record: *const HazardRecord) {
    write!("mesh_thread_hazards", record);
}

pub(super) fn child_wish() -> [usize; 4] {
    [
        read!("mesh_thread_child_process"),
        read!("mesh_thread_child_handler"),
        read!("mesh_thread_child_flags"),
        read!("mesh_thread_child_mask"),
    ]
}

pub(super) fn set_child_wish([process, handler, flags, mask]: [usize; 4]) {
    write!("mesh_thread_child_process", process);
    write!("mesh_thread_child_handler", handler);
    write!("mesh_thread_child_flags", flags);
    write!("mesh_thread_child_mask", mask);
}

pub(super) fn bytes_to_sample() -> usize {
    read!("mesh_thread_bytes_to_sample")
}

pub(super) fn set_bytes_to_sample(bytes: usize) {
    write!("mesh_thread_bytes_to_sample", bytes);
}

/// The address of the first of the words, which stand together.
pub(super) fn lowest() -> usize {
    thread_pointer().wrapping_add(offset!("mesh_thread_heap"))
}

/// The address of the last one.
pub(super) fn highest() -> usize {
    thread_pointer().wrapping_add(offset!("mesh_thread_bytes_to_sample"))
}
