//! The harness finds what it is there to find.

use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use mesh_tests::{Case, Run, Settings, scene, statistics};

fn shell(command: &str) -> Result<Run> {
    Ok(Run::tool("sh")?.arguments(["-c", command]))
}

fn message<T>(result: Result<T>) -> String {
    result
        .err()
        .map_or_else(String::new, |error| format!("{error:#}"))
}

#[test]
fn another_malloc_is_noticed() -> Result<()> {
    let result = scene::witnessed(&shell("cat /dev/null")?, Path::new("/not/this.so"), &[]);
    assert!(message(result).contains("took malloc from"));
    Ok(())
}

#[test]
fn other_output_is_a_failure() -> Result<()> {
    let settings = [Settings::release()?];
    let error = message(Case::new(shell("echo same; echo \"$LD_PRELOAD\"")?).check(&settings));
    assert!(
        error.contains("standard output differs") && error.contains("libwitness.so"),
        "{error}"
    );
    let error = message(Case::new(shell("echo \"$LD_PRELOAD\" >&2")?).check(&settings));
    assert!(error.contains("standard error differs"), "{error}");
    Ok(())
}

#[test]
fn another_ending_is_a_failure() -> Result<()> {
    let settings = [Settings::release()?];
    let error = message(Case::new(shell("test -z \"$LD_PRELOAD\"")?).check(&settings));
    assert!(error.contains("expected exit 0: exit 1"), "{error}");
    let error = message(Case::new(shell("exit 4")?).check(&settings));
    assert!(
        error.contains("without the library: expected exit 0: exit 4"),
        "{error}"
    );
    Case::new(shell("kill -TERM $$")?)
        .ending("signal 15")
        .check(&settings)?;
    Ok(())
}

#[test]
fn no_meshes_are_a_failure() -> Result<()> {
    let idle = Run::tool("perl")?.arguments(["-e", "exit 0"]);
    let error = message(Case::new(idle).meshing().check(&[Settings::release()?]));
    assert!(error.contains("nothing was meshed"), "{error}");
    Ok(())
}

#[test]
fn a_program_that_hangs_is_ended() -> Result<()> {
    let run = shell("echo begun; cat < /dev/zero > /dev/null")?.within(Duration::from_millis(300));
    let error = message(scene::without(&run));
    assert!(
        error.contains("time limit passed") && error.contains("begun"),
        "{error}"
    );
    Ok(())
}

#[test]
fn a_missing_program_is_named_with_its_package() {
    let error = message(mesh_tests::tool::find("no-such-program"));
    assert_eq!(
        error,
        "`no-such-program` is not installed: apt-get install no-such-program"
    );
}

#[test]
fn figures_of_the_summary_are_read() {
    let stderr = "warning\nMESH COUNT:         7\nMeshed MB (total):  1.5\nMESH COUNT: 3\n";
    assert_eq!(statistics::meshes(stderr), Some(7));
    assert_eq!(statistics::figure(stderr, "MESH COUNT"), Some(3.0));
    assert_eq!(statistics::figure(stderr, "Meshed MB (total)"), Some(1.5));
    assert_eq!(statistics::figure(stderr, "MH Alloc Count"), None);
    assert_eq!(statistics::meshes("MESH COUNT: many"), None);
}
