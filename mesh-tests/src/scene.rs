//! Runs a program once, in an empty directory of its own, with the witness beside it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, Result};

use crate::run::{Outcome, Run};
use crate::settings::Settings;
use crate::witness;

/// Runs a program without any library.
pub fn without(run: &Run) -> Result<Outcome> {
    in_new_directory(|home, _| run.finish(home))
}

/// Runs a program with the preloaded library of `settings`. Every process that it starts must
/// use it, but for those in `own`, which may have an allocator of their own.
pub fn under(run: &Run, settings: &Settings, own: &[&str]) -> Result<Outcome> {
    witnessed(
        &run.clone().under(settings),
        settings.library().shared(),
        own,
    )
}

/// Runs a program whose `malloc` must come from the file `provider`.
pub fn witnessed(run: &Run, provider: &Path, own: &[&str]) -> Result<Outcome> {
    in_new_directory(|home, notes| {
        let outcome = witness::attach(run.clone(), notes)?.finish(home)?;
        witness::every_malloc_from(provider, own, notes).with_context(|| outcome.to_string())?;
        Ok(outcome)
    })
}

fn in_new_directory(finish: impl FnOnce(&Path, &Path) -> Result<Outcome>) -> Result<Outcome> {
    let scene = tempfile::Builder::new().prefix("mesh-scene-").tempdir()?;
    let home = scene.path().join("home");
    fs::create_dir(&home)?;
    // The program may be another user's, and so are its notes then.
    fs::set_permissions(scene.path(), Permissions::from_mode(0o777))?;
    finish(&home, &scene.path().join("notes"))
}
