//! The objects of this process, as the loader lists them for debuggers, and the names that they define.
//!
//! `dlsym` takes the loader's lock, may allocate, and forgets what `dlerror` had to say: none of that is ours to do in the
//! middle of a program's call. The loader's list needs no lock while nobody opens or closes a library: in our constructor and
//! before it.
//!
//! * `list`: the objects; `object`: what one of them defines; `dynamic`, `hash`, `name`: how that is found;
//! * `code`: where code is, as it can be found out in the middle of anything;
//! * `references`: where it keeps the addresses of functions that it calls; `segments`: what of it may be written to.

mod code;
mod dynamic;
mod hash;
mod list;
mod name;
mod object;
mod references;
mod segments;

pub(crate) use code::Code;
pub(crate) use list::{Objects, has_loader, is_shared, is_unknown_loader};
pub(crate) use name::Name;
pub(crate) use object::Object;
pub(crate) use references::Reference;
