//! SQLite: a database of a million rows, mostly in its cache.

use anyhow::Result;
use mesh_tests::{Case, Run, Settings, artifact, tool};

#[test]
fn index_over_a_million_rows() -> Result<()> {
    tool::require(&["sqlite3"])?;
    let script = format!(
        ".read {}",
        artifact::programs().join("million_rows.sql").display()
    );
    let run = Run::tool("sqlite3")?.arguments(["-batch", "-bail", "base.db", &script]);
    let control = Case::new(run).check(&Settings::usual()?)?;
    assert_eq!(control.stdout.lines().last(), Some("ok"), "integrity_check");
    Ok(())
}
