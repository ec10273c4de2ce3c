//! Perl: every scalar is a block of its own.

use anyhow::Result;
use mesh_tests::{Case, Run, Settings};

#[test]
fn hashes_patterns_and_children() -> Result<()> {
    let run = Run::script("perl", "everything.pl")?.variable("PERL_HASH_SEED", "0");
    Case::new(run).check(&Settings::usual()?)?;
    Ok(())
}
