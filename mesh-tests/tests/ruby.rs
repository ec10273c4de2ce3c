//! Ruby: strings of growing lengths of which every fourth is kept leave a heap that meshes.

use anyhow::Result;
use mesh_tests::{Case, Run, Settings};

#[test]
fn strings_threads_and_children() -> Result<()> {
    let settings = [
        Settings::release_eager()?,
        Settings::debug_eager()?,
        Settings::disabled()?,
    ];
    Case::new(Run::script("ruby", "everything.rb")?)
        .meshing()
        .check(&settings)?;
    Ok(())
}
