//! The loader's list of objects.

use core::ffi::{c_char, c_int};
use core::ptr::null;

use super::dynamic::Dynamic;
use super::object::Object;
use crate::ground::machine::linked_address;

/// An object in the loader's list.
#[derive(Clone, Copy)]
#[repr(C)]
pub(super) struct Link {
    pub(super) base: usize,
    name: *const c_char,
    dynamic: *const Dynamic,
    pub(super) next: *const Link,
    previous: *const Link,
}

/// What the loader tells debuggers about one list of objects.
#[repr(C)]
struct Listed {
    version: c_int,
    first: *const Link,
    rest: [usize; 3],
    /// The next list: there from version 2 on.
    next: *const Listed,
}

/// The version from which on there may be more than one list.
const SEVERAL: c_int = 2;

/// The loader's lists; null where there is no loader.
fn lists() -> *const Listed {
    // A static program has none, and musl's loader calls it otherwise.
    linked_address!("_r_debug", ".weak").cast()
}

/// Whether this is `libmesh.so`, and not part of a program that was linked with `libmesh.a`.
pub(crate) fn is_shared() -> bool {
    // `build.rs` has it not be null in what it links.
    !linked_address!("mesh_is_shared", ".weak", ".hidden").is_null()
}

/// Whether this is `libmesh.so` under a loader that lists its objects in another way than glibc's does, or not at all.
pub(crate) fn is_unknown_loader() -> bool {
    is_shared() && lists().is_null()
}

/// Our own dynamic section; null in a program that has none.
fn own_section() -> *const Dynamic {
    linked_address!("_DYNAMIC", ".weak", ".hidden").cast()
}

/// The link of the object that this code is part of; null when the loader has none.
fn own_link() -> *const Link {
    let section = own_section();
    let mut list = lists();
    while !list.is_null() && !section.is_null() {
        // SAFETY: the loader's, which stays.
        let Listed { version, first, .. } = unsafe { &*list };
        let mut link = *first;
        // SAFETY: a link of the list, or null.
        while let Some(here) = unsafe { link.as_ref() } {
            if here.dynamic == section {
                return link;
            }
            link = here.next;
        }
        list = if *version < SEVERAL {
            null()
        } else {
            // SAFETY: in this version there is a next one, or null.
            unsafe { (*list).next }
        };
    }
    null()
}

/// Whether we are an object that a loader has loaded, and not part of a static program.
pub(crate) fn has_loader() -> bool {
    // A static program that can be loaded anywhere is in a list as well, by itself.
    Objects::after_us().next().is_some() || Objects::before_us().next().is_some()
}

/// Loaded objects, one after the other.
pub(crate) struct Objects {
    at: *const Link,
    /// Where it ends: null for the end of the list.
    end: *const Link,
}

impl Objects {
    /// Those behind us: where `dlsym` with RTLD_NEXT looks.
    pub(crate) fn after_us() -> Self {
        // SAFETY: a link, or null.
        let own = unsafe { own_link().as_ref() };
        Self {
            at: own.map_or(null(), |own| own.next),
            end: null(),
        }
    }

    /// Those before us. If we were opened by the program, most of them are here.
    pub(crate) fn before_us() -> Self {
        Self {
            at: first(),
            end: own_link(),
        }
    }
}

impl Objects {
    /// All of them.
    pub(crate) fn all() -> Self {
        Self {
            at: first(),
            end: null(),
        }
    }
}

/// The first link of the first list; null where there is none.
pub(super) fn first_link() -> *const Link {
    // SAFETY: the loader's, which stays, or null.
    unsafe { lists().as_ref() }.map_or(null(), |listed| listed.first)
}

/// The first link of our list.
fn first() -> *const Link {
    let mut first = own_link();
    // SAFETY: a link, or null.
    while let Some(link) = unsafe { first.as_ref() }
        && !link.previous.is_null()
    {
        first = link.previous;
    }
    first
}

impl Iterator for Objects {
    type Item = Object;

    fn next(&mut self) -> Option<Object> {
        while self.at != self.end {
            // SAFETY: a link of the list, or null.
            let link = unsafe { self.at.as_ref() }?;
            self.at = link.next;
            // SAFETY: what is listed is loaded.
            let object = unsafe { Object::new(link.base, link.dynamic) };
            if object.is_some() {
                return object;
            }
        }
        None
    }
}
