//! tar and xz: large blocks, and compression in two threads.

use anyhow::Result;
use mesh_tests::{Case, Run, Settings, tool};

#[test]
fn round_trip_through_tar_and_xz() -> Result<()> {
    tool::require(&["tar", "xz"])?;
    Case::new(Run::script("sh", "archive.sh")?).check(&Settings::usual()?)?;
    Ok(())
}
