#![doc = include_str!("../README.md")]
#![no_std]

mod as_global;
mod bump;
mod checked;
mod counted;
mod freelist;
mod locked;
mod nothing;
mod per_class;
mod powers_of_two;
mod segregated;
mod thread_local;
mod zone;

pub use as_global::AsGlobal;
pub use bump::Bump;
pub use checked::{Checked, Violation};
pub use counted::{Counted, Counts};
pub use freelist::FreeList;
pub use locked::Locked;
pub use nothing::Nothing;
pub use per_class::PerClass;
pub use powers_of_two::PowersOfTwo;
pub use segregated::Segregated;
pub use thread_local::{ThreadLocal, ThreadSlot};
pub use zone::Zone;
