//! Where in a process the library keeps what others may read.

use std::path::PathBuf;

use super::absence::Absence;
use super::mapped::candidates;
use super::symbol;

/// The address of a `symbol` of the library in a process, and which file is the `library`, as far as that can be seen.
pub(super) fn find(pid: i32, symbol: &str, library: &mut Option<PathBuf>) -> Result<u64, Absence> {
    let found = candidates(pid)?;
    *library = found.library.as_ref().map(|mapping| mapping.path.clone());
    let is_shared = library.is_some();
    let Some(mapping) = found.library.or(found.program) else {
        return Err(Absence::NoLibrary);
    };
    let address = match symbol::address(pid, &mapping, symbol) {
        Ok(Some(address)) => address,
        Ok(None) if is_shared => return Err(Absence::OldLibrary),
        Ok(None) => return Err(Absence::NoLibrary),
        // Nobody can tell what a program is whose file cannot be read.
        Err(_) if !is_shared => return Err(Absence::NoLibrary),
        Err(error) => return Err(error.into()),
    };
    if !is_shared {
        *library = Some(mapping.path);
    }
    Ok(address)
}
