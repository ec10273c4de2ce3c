//! How a property is tried.

use std::hash::{BuildHasher, RandomState};

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};

/// Tries `property`, which panics when it does not hold, on `cases` random values, and shrinks one for which it does
/// not. `PROPTEST_CASES` and `PROPTEST_RNG_SEED` override the number and the seed.
///
/// # Panics
/// With the shrunk value and the seed.
pub(crate) fn check<S: Strategy>(strategy: &S, cases: u32, property: impl Fn(S::Value)) {
    let mut config = Config {
        failure_persistence: None,
        max_shrink_iters: 2048,
        ..Config::default()
    };
    if std::env::var_os("PROPTEST_CASES").is_none() {
        config.cases = cases;
    }
    let seed = match config.rng_seed {
        RngSeed::Fixed(seed) => seed,
        RngSeed::Random => RandomState::new().hash_one("seed"),
    };
    config.rng_seed = RngSeed::Fixed(seed);
    let outcome = TestRunner::new(config).run(strategy, |value| {
        property(value);
        Ok(())
    });
    match outcome {
        Ok(()) => {}
        Err(TestError::Fail(reason, value)) => {
            panic!("{reason}\nPROPTEST_RNG_SEED={seed}\nsmallest case found: {value:#?}")
        }
        Err(abort) => panic!("{abort}"),
    }
}
