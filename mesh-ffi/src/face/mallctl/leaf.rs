//! What stands at the end of a name, and what is done with it.

use core::ffi::{CStr, c_int};
use core::ptr::NonNull;

use globalheap::Found;

use super::constant::Constant;
use super::figure::{ClassFigure, Figure, MeshFigure};
use super::setting::Setting;
use super::tree::Way;
use super::value::{Exchange, Value};
use super::{caches, decay};
use crate::face::introspection;
use crate::ground::heap::HEAP;
use crate::ground::tls;
use crate::upkeep::{map, profile};

/// What a whole name stands for.
#[derive(Clone, Copy)]
pub(super) enum Leaf {
    Constant(Constant),
    Figure(Figure),
    OfClass(ClassFigure),
    OfMeshing(MeshFigure),
    /// How long unused pages stayed at the start.
    DecayAtStart,
    /// Whether the library checks itself.
    ChecksItself,
    /// A setting under a name by which it cannot be set.
    ReadOnly(Setting),
    /// Something about samples that cannot be set here.
    OfSamples(Figure),
    Setting(Setting),
    Order(Order),
    Request(Request),
}

/// Something to do.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// Gives back the slots that the calling thread keeps.
    Flush,
    /// Gives back all unused pages.
    Purge,
    /// Gives back unused pages that are old enough.
    Decay,
    /// Meshes, and purges.
    Compact,
    /// Ends all blocks of an arena, which is never done: what others have allocated is in it too.
    Reset,
}

/// Something to do with what is given.
#[derive(Clone, Copy)]
pub(super) enum Request {
    MakeCache,
    FlushCache,
    EndCache,
    MakeArena,
    FindArena,
    /// Writes a map of all spans to the file of a name.
    WriteMap,
    /// Writes the heap profile to the file of a name, or to the next one of those that are numbered.
    WriteProfile,
    /// Begins the heap profile anew.
    ResetProfile,
}

impl Leaf {
    /// What can be read here, if something can without being asked in full.
    pub(super) fn value(self, way: &Way) -> Option<Value> {
        Some(match self {
            Self::Constant(constant) => constant.value(),
            Self::Figure(figure) | Self::OfSamples(figure) => figure.value(),
            Self::OfClass(figure) => figure.value(way.class()),
            Self::OfMeshing(figure) => figure.value(),
            Self::DecayAtStart => Value::Signed(decay::at_start()),
            Self::ChecksItself => Value::Bool(cfg!(debug_assertions)),
            Self::Setting(setting) | Self::ReadOnly(setting) => setting.value(),
            Self::Order(_) | Self::Request(_) => return None,
        })
    }

    /// Reads, sets, or does it.
    ///
    /// # Safety
    /// What the caller of `mallctl` gave is valid.
    pub(super) unsafe fn exchange(self, way: &Way, given: &Exchange) -> Result<(), c_int> {
        match self {
            Self::Setting(setting) => {
                setting.check(way)?;
                let value = tls::within(|| setting.value());
                // SAFETY: the same contract.
                let new = unsafe { given.given(value) }?;
                // SAFETY: the same contract.
                unsafe { given.answer(value) }?;
                new.map_or(Ok(()), |new| tls::within(|| setting.set(new)))
            }
            Self::OfSamples(_) if !given.new.is_null() => Err(libc::ENOENT),
            Self::Order(order) => {
                given.sets_nothing()?;
                given.reads_nothing()?;
                tls::within(|| order.carry_out())
            }
            // SAFETY: the same contract.
            Self::Request(request) => unsafe { request.answer(given) },
            _ => {
                given.sets_nothing()?;
                let value = tls::within(|| self.value(way)).ok_or(libc::ENOENT)?;
                // SAFETY: the same contract.
                unsafe { given.answer(value) }
            }
        }
    }
}

impl Order {
    fn carry_out(self) -> Result<(), c_int> {
        match self {
            Self::Flush => introspection::flush(),
            Self::Purge => HEAP.global().below().purge(),
            Self::Decay => HEAP.global().upkeep(),
            Self::Compact => {
                introspection::compact();
            }
            Self::Reset => return Err(libc::EFAULT),
        }
        Ok(())
    }
}

impl Request {
    /// # Safety
    /// What the caller of `mallctl` gave is valid.
    unsafe fn answer(self, given: &Exchange) -> Result<(), c_int> {
        let is_of_profile = matches!(self, Self::WriteProfile | Self::ResetProfile);
        if is_of_profile && !profile::is_on() {
            return Err(libc::ENOENT);
        }
        match self {
            Self::MakeCache => {
                given.sets_nothing()?;
                let made = || caches::make().map(Value::Unsigned).ok_or(libc::EFAULT);
                // SAFETY: the same contract.
                unsafe { given.answer_whole(made, size_of::<u32>()) }
            }
            // SAFETY: the same contract.
            Self::FlushCache => match unsafe { cache(given) }? {
                number if caches::has(number) => {
                    tls::within(introspection::flush);
                    Ok(())
                }
                _ => Err(libc::EINVAL),
            },
            // SAFETY: the same contract.
            Self::EndCache => match unsafe { cache(given) }? {
                number if caches::end(number) => Ok(()),
                _ => Err(libc::EINVAL),
            },
            // There is no other arena to be had.
            Self::MakeArena => {
                // SAFETY: the same contract.
                unsafe { given.answer_whole(|| Err(libc::EAGAIN), size_of::<u32>()) }
            }
            Self::FindArena => {
                // SAFETY: the same contract.
                let block = unsafe { given.given(Value::Size(0)) }?;
                let is_ours = matches!(block, Some(Value::Size(address)) if is_block(address));
                if !is_ours {
                    return Err(libc::EINVAL);
                }
                // SAFETY: the same contract.
                unsafe { given.answer(Value::Unsigned(0)) }
            }
            Self::WriteMap => {
                given.reads_nothing()?;
                // SAFETY: the same contract.
                let file = unsafe { given.given_text() }?;
                tls::within(|| map::write_to(file))
            }
            Self::WriteProfile => {
                given.reads_nothing()?;
                // SAFETY: the same contract.
                let file = unsafe { given.given_text_or_null() }?;
                write_profile(file)
            }
            Self::ResetProfile => {
                given.reads_nothing()?;
                given.sets_nothing()?;
                profile::reset();
                Ok(())
            }
        }
    }
}

/// Writes the heap profile; EFAULT if that fails, as jemalloc says it.
fn write_profile(file: Option<&CStr>) -> Result<(), c_int> {
    let is_written = tls::within(|| match file {
        Some(file) => profile::write_to(file).is_ok(),
        None => profile::write_next(),
    });
    is_written.then_some(()).ok_or(libc::EFAULT)
}

/// The number of the cache that an order is about.
///
/// # Safety
/// What the caller of `mallctl` gave is valid.
unsafe fn cache(given: &Exchange) -> Result<u32, c_int> {
    given.reads_nothing()?;
    // SAFETY: the same contract.
    match unsafe { given.given(Value::Unsigned(0)) }? {
        Some(Value::Unsigned(number)) => Ok(number),
        _ => Err(libc::EINVAL),
    }
}

/// Whether a block of ours starts at `address`.
fn is_block(address: usize) -> bool {
    let block = NonNull::new(core::ptr::without_provenance_mut(address));
    block.is_some_and(|block| {
        tls::within(|| matches!(HEAP.global().below().find(block), Found::Object(_)))
    })
}
