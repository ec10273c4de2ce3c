//! The ways in which a program is run with the library: which build, and its environment.

use anyhow::Result;

use crate::library::Library;

/// One way to run a program with the library.
#[derive(Clone, Debug)]
pub struct Settings {
    name: &'static str,
    library: &'static Library,
    variables: &'static [(&'static str, &'static str)],
}

impl Settings {
    /// Whether the library has its assertions.
    pub fn has_assertions(&self) -> bool {
        Library::debug().is_ok_and(|debug| std::ptr::eq(debug, self.library))
    }

    /// The release library as installed.
    pub fn release() -> Result<Self> {
        Ok(Self {
            name: "release",
            library: Library::release()?,
            variables: &[],
        })
    }

    /// The release library, meshing as often as it can.
    pub fn release_eager() -> Result<Self> {
        Ok(Self {
            name: "release, MESH_PERIOD_MS=1",
            library: Library::release()?,
            variables: &[("MESH_PERIOD_MS", "1")],
        })
    }

    /// The same with the write barrier at which the kernel waits too. It needs root.
    pub fn release_userfaultfd() -> Result<Self> {
        Ok(Self {
            name: "release, MESH_PERIOD_MS=1 MESH_BARRIER=userfaultfd",
            library: Library::release()?,
            variables: &[("MESH_PERIOD_MS", "1"), ("MESH_BARRIER", "userfaultfd")],
        })
    }

    /// The same with the write barrier that needs no privilege.
    pub fn release_mprotect() -> Result<Self> {
        Ok(Self {
            name: "release, MESH_PERIOD_MS=1 MESH_BARRIER=mprotect",
            library: Library::release()?,
            variables: &[("MESH_PERIOD_MS", "1"), ("MESH_BARRIER", "mprotect")],
        })
    }

    /// The release library, meshing in a thread of its own.
    pub fn release_background() -> Result<Self> {
        Ok(Self {
            name: "release, MESH_PERIOD_MS=1 MESH_BACKGROUND_THREAD=1",
            library: Library::release()?,
            variables: &[("MESH_PERIOD_MS", "1"), ("MESH_BACKGROUND_THREAD", "1")],
        })
    }

    /// The library with debug assertions, meshing in a thread of its own.
    pub fn debug_background() -> Result<Self> {
        Ok(Self {
            name: "debug, MESH_PERIOD_MS=1 MESH_BACKGROUND_THREAD=1",
            library: Library::debug()?,
            variables: &[("MESH_PERIOD_MS", "1"), ("MESH_BACKGROUND_THREAD", "1")],
        })
    }

    /// The release library, meshing whatever speaks against it.
    pub fn release_insisting() -> Result<Self> {
        Ok(Self {
            name: "release, MESH_PERIOD_MS=1 MESH_ENABLED=1",
            library: Library::release()?,
            variables: &[("MESH_PERIOD_MS", "1"), ("MESH_ENABLED", "1")],
        })
    }

    /// The same with the write barrier that needs no privilege.
    pub fn release_insisting_mprotect() -> Result<Self> {
        Ok(Self {
            name: "release, MESH_PERIOD_MS=1 MESH_ENABLED=1 MESH_BARRIER=mprotect",
            library: Library::release()?,
            variables: &[
                ("MESH_PERIOD_MS", "1"),
                ("MESH_ENABLED", "1"),
                ("MESH_BARRIER", "mprotect"),
            ],
        })
    }

    /// The release library without meshing.
    pub fn disabled() -> Result<Self> {
        Ok(Self {
            name: "release, MESH_ENABLED=0",
            library: Library::release()?,
            variables: &[("MESH_ENABLED", "0")],
        })
    }

    /// The release build of the variant with the paper's search.
    pub fn split() -> Result<Self> {
        Ok(Self {
            name: "mesh-split",
            library: Library::split()?,
            variables: &[],
        })
    }

    /// The release build of the variant with objects in the order of addresses.
    pub fn ordered() -> Result<Self> {
        Ok(Self {
            name: "mesh-ordered",
            library: Library::ordered()?,
            variables: &[],
        })
    }

    /// The release build of the variant with objects placed by permutations.
    pub fn permuted() -> Result<Self> {
        Ok(Self {
            name: "mesh-permuted",
            library: Library::permuted()?,
            variables: &[],
        })
    }

    /// The release library with jemalloc's names.
    pub fn je() -> Result<Self> {
        Ok(Self {
            name: "mesh-je",
            library: Library::je()?,
            variables: &[],
        })
    }

    /// The same, meshing as often as it can.
    pub fn je_eager() -> Result<Self> {
        Ok(Self {
            name: "mesh-je, MESH_PERIOD_MS=1",
            library: Library::je()?,
            variables: &[("MESH_PERIOD_MS", "1")],
        })
    }

    /// The library with assertions.
    pub fn debug() -> Result<Self> {
        Ok(Self {
            name: "debug",
            library: Library::debug()?,
            variables: &[],
        })
    }

    /// The library with assertions, meshing as often as it can.
    pub fn debug_eager() -> Result<Self> {
        Ok(Self {
            name: "debug, MESH_PERIOD_MS=1",
            library: Library::debug()?,
            variables: &[("MESH_PERIOD_MS", "1")],
        })
    }

    /// The same with the write barrier that needs no privilege.
    pub fn debug_mprotect() -> Result<Self> {
        Ok(Self {
            name: "debug, MESH_PERIOD_MS=1 MESH_BARRIER=mprotect",
            library: Library::debug()?,
            variables: &[("MESH_PERIOD_MS", "1"), ("MESH_BARRIER", "mprotect")],
        })
    }

    /// The same with the write barrier at which the kernel waits too. It needs root.
    pub fn debug_userfaultfd() -> Result<Self> {
        Ok(Self {
            name: "debug, MESH_PERIOD_MS=1 MESH_BARRIER=userfaultfd",
            library: Library::debug()?,
            variables: &[("MESH_PERIOD_MS", "1"), ("MESH_BARRIER", "userfaultfd")],
        })
    }

    /// For long runs: both builds with each barrier, meshing as often as they can. Who may not use `userfaultfd` gets
    /// `mprotect` in its place, and a line that says so.
    pub fn both_barriers() -> Result<Vec<Self>> {
        Ok(vec![
            Self::release_userfaultfd()?,
            Self::debug_mprotect()?,
            Self::release_mprotect()?,
            Self::debug_userfaultfd()?,
        ])
    }

    /// For programs that take seconds: both builds, with and without meshing.
    pub fn usual() -> Result<Vec<Self>> {
        Ok(vec![
            Self::release()?,
            Self::debug_eager()?,
            Self::disabled()?,
        ])
    }

    /// For programs that are quick: every setting, both barriers.
    pub fn every() -> Result<Vec<Self>> {
        Ok(vec![
            Self::release()?,
            Self::release_eager()?,
            Self::release_mprotect()?,
            Self::disabled()?,
            Self::debug_eager()?,
            Self::debug_mprotect()?,
        ])
    }

    /// The settings in words, for messages.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The library that is preloaded.
    pub fn library(&self) -> &'static Library {
        self.library
    }

    /// The variables for the library.
    pub fn variables(&self) -> &'static [(&'static str, &'static str)] {
        self.variables
    }

    /// Whether a program that leaves its heap sparse must see meshes.
    pub fn meshes(&self) -> bool {
        self.library.is_mesh() && !self.variables.contains(&("MESH_ENABLED", "0"))
    }
}
