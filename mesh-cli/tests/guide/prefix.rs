//! An installed Mesh, as `scripts/package` lays it out below a prefix.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Result;
use mesh_tests::{Library, Run};

use crate::installed::Installed;

pub(super) struct Prefix(Installed);

impl Prefix {
    pub(super) fn new() -> Result<Self> {
        let installed = Installed::new()?;
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let place = |name: &str| installed.path(name);
        fs::rename(place("lib/libmesh.so"), place("lib/libmesh.so.1"))?;
        symlink("libmesh.so.1", place("lib/libmesh.so"))?;
        installed.put(Library::release()?.archive()?, "lib/libmesh.a")?;
        for directory in ["include", "lib/pkgconfig", "lib/cmake/Mesh"] {
            fs::create_dir_all(place(directory))?;
        }
        installed.put(&sources.join("mesh-ffi/include/mesh.h"), "include/mesh.h")?;
        for (template, name) in [
            ("mesh.pc.in", "lib/pkgconfig/mesh.pc"),
            ("MeshConfig.cmake.in", "lib/cmake/Mesh/MeshConfig.cmake"),
            (
                "MeshConfigVersion.cmake.in",
                "lib/cmake/Mesh/MeshConfigVersion.cmake",
            ),
        ] {
            let text = fs::read_to_string(sources.join("packaging").join(template))?;
            let filled = text.replace("@version@", env!("CARGO_PKG_VERSION"));
            fs::write(place(name), filled.replace("@up@", ".."))?;
        }
        Ok(Self(installed))
    }

    /// `run`, for which the loader, the compiler, and the tools for building find it as if it were in the usual places.
    pub(super) fn seen_by(&self, run: Run) -> Run {
        let place = |name: &str| -> PathBuf { self.0.path(name) };
        let mut path = place("bin").into_os_string();
        path.push(":");
        path.push(mesh_tests::tool::search_path());
        run.variable("PATH", path)
            .variable("LD_LIBRARY_PATH", place("lib"))
            .variable("LIBRARY_PATH", place("lib"))
            .variable("CPATH", place("include"))
            .variable("PKG_CONFIG_PATH", place("lib/pkgconfig"))
            .variable("CMAKE_PREFIX_PATH", place(""))
    }
}
