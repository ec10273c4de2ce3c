//! git: many short processes, and one that packs with threads.

use anyhow::Result;
use mesh_tests::{Case, Run, Settings, tool};

#[test]
fn clone_status_log_and_gc() -> Result<()> {
    tool::require(&["git"])?;
    Case::new(Run::script("sh", "git.sh")?).check(&Settings::usual()?)?;
    Ok(())
}
