//! `mesh-bench trace info`.

use super::file;
use super::survey::Survey;
use crate::bytes::Mebibytes;
use crate::table;
use anyhow::Result;
use std::path::PathBuf;

/// Says what a trace holds.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The trace
    file: PathBuf,
    /// Print one line of JSON
    #[arg(long)]
    json: bool,
}

/// The command.
pub(crate) fn run(args: &Args) -> Result<()> {
    let survey = file::survey(&args.file)?;
    if args.json {
        println!("{}", serde_json::to_string(&survey)?);
    } else {
        print(&survey);
    }
    Ok(())
}

/// One line: how much there is.
pub(crate) fn line(survey: &Survey) -> String {
    format!(
        "{} records of {} threads in {:.2} s; at most {} objects of {} MiB live, {} of {} MiB at the end",
        survey.records,
        survey.threads,
        survey.milliseconds as f64 / 1e3,
        survey.peak_objects,
        Mebibytes(survey.peak_bytes as f64),
        survey.final_objects,
        Mebibytes(survey.final_bytes as f64),
    )
}

fn print(survey: &Survey) {
    println!("{}", line(survey));
    println!(
        "{} malloc, {} calloc, {} aligned, {} realloc, {} free; {} MiB asked for in all\n",
        survey.plain,
        survey.zeroed,
        survey.aligned,
        survey.resized,
        survey.freed,
        Mebibytes(survey.requested_bytes as f64),
    );
    let objects: u64 = survey.sizes.iter().sum();
    let mut table = table::new(0, &["bytes up to", "new objects", "share"]);
    for (log2, &count) in survey.sizes.iter().enumerate().filter(|&(_, &n)| n > 0) {
        table.add_row([
            (1u128 << log2).to_string(),
            count.to_string(),
            table::percent(Some(count as f64 / objects as f64)),
        ]);
    }
    println!("{table}");
}
