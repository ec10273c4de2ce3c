//! What `mesh-bench search` is asked for.

use std::path::PathBuf;

/// Compares the searches for spans to mesh, on random spans.
///
/// `bound`: no search releases more. `long`: the best of a search that takes seconds (up to 400 spans). `split`: one pass of
/// the paper's SplitMesher, then as many passes as the CPU time of `complement`, the allocator's search, allows.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// Spans to search among
    #[arg(long, default_value_t = 8_000, value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(2..=100_000))]
    pub(super) spans: usize,
    /// Slots of a span
    #[arg(long, value_delimiter = ',', default_value = "8,16,32,64,128,256", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(2..=256))]
    pub(super) slots: Vec<usize>,
    /// The mean share of live slots, in percent
    #[arg(long, value_delimiter = ',', default_value = "5,10,15,20,25,30,35,40,45,50,55,60,65,70", value_parser = clap::value_parser!(u32).range(1..=99))]
    pub(super) live: Vec<u32>,
    /// Steps that `complement` may take for each span; without it, as many as it likes
    #[arg(long)]
    pub(super) steps_per_span: Option<u64>,
    /// Runs of each search; the shortest time counts
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(super) repeat: u32,
    /// Seed of the spans and of the searches
    #[arg(long, default_value_t = 1)]
    pub(super) seed: u64,
    /// Write a plot for each number of slots into this folder
    #[arg(long, value_name = "FOLDER")]
    pub(super) plot: Option<PathBuf>,
    /// Print one line of JSON for each case
    #[arg(long)]
    pub(super) json: bool,
}
