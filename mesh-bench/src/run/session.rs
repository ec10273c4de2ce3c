//! All runs of a measurement in their order, and the report on them.

use super::page::{Page, Section};
use super::record::MeasuredRun;
use super::report;
use super::summary::{self, Row};
use crate::allocators::{Allocator, Role};
use crate::history::History;
use crate::meter::{Meter, Run};
use crate::plot::Line;
use crate::site::{Scale, Site};
use crate::workloads::{Body, Workload};
use crate::{child, interrupt, progress, rotation};
use anyhow::Result;
use indicatif::ProgressBar;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// The longest run of a workload.
const LIMIT: Duration = Duration::from_secs(300);

/// What stays the same over all workloads.
pub(super) struct Session {
    pub(super) allocators: Vec<Allocator>,
    pub(super) meter: Meter,
    pub(super) scale: Scale,
    pub(super) repeat: usize,
}

/// All runs of a session.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) records: Vec<MeasuredRun>,
    /// Memory over time in the first counted run, by workload and index of the allocator.
    histories: BTreeMap<(&'static str, usize), History>,
    /// One line each.
    pub(super) failures: Vec<String>,
}

impl Session {
    /// All runs. A workload that failed under an allocator is not tried again.
    pub(super) fn run(&self, chosen: &[&'static Workload]) -> Result<Seen> {
        let bar = progress::bar(chosen.len() * self.allocators.len() * (self.repeat + 1));
        let mut seen = Seen::default();
        for workload in chosen {
            let directory = tempfile::Builder::new()
                .prefix("mesh-bench-run")
                .tempdir()?;
            let failed = self.run_workload(workload, directory.path(), &bar, &mut seen)?;
            seen.failures.extend(failed.into_values());
        }
        bar.finish_and_clear();
        Ok(seen)
    }

    fn run_workload(
        &self,
        workload: &'static Workload,
        directory: &Path,
        bar: &ProgressBar,
        seen: &mut Seen,
    ) -> Result<BTreeMap<usize, String>> {
        let site = Site {
            directory,
            scale: self.scale,
        };
        let mut failed = BTreeMap::new();
        for round in 0..=self.repeat {
            for index in rotation::order(self.allocators.len(), round) {
                let allocator = &self.allocators[index];
                bar.set_message(format!("{} {}", workload.name, allocator.name));
                bar.inc(1);
                if failed.contains_key(&index) {
                    continue;
                }
                match measure(workload, &site, allocator, &self.meter) {
                    // Round 0 warms up.
                    Ok(run) if round > 0 => {
                        let meter = self.meter.name();
                        seen.records.push(MeasuredRun::new(
                            workload.name,
                            &allocator.name,
                            round,
                            meter,
                            run.measurement,
                        ));
                        let key = (workload.name, index);
                        seen.histories.entry(key).or_insert(run.history);
                    }
                    Ok(_) => {}
                    Err(error) => {
                        interrupt::check()?;
                        failed.insert(
                            index,
                            format!("{} under {}: {error:#}", workload.name, allocator.name),
                        );
                    }
                }
            }
        }
        Ok(failed)
    }

    /// Prints the tables, and writes the page if there is a directory for it.
    pub(super) fn report(
        &self,
        chosen: &[&'static Workload],
        seen: &Seen,
        page: Option<&Path>,
    ) -> Result<()> {
        let method = format!(
            "medians of {} runs; physical memory: {}",
            self.repeat,
            self.meter.name()
        );
        println!("{method}\n");
        let sections: Vec<Section> = chosen
            .iter()
            .map(|workload| self.section(workload, seen))
            .collect();
        for section in &sections {
            println!("{}: {}", section.name, section.about);
            report::workload(&section.rows).print();
            println!();
        }
        println!("geometric means of the ratios");
        let tables: Vec<&[Row]> = sections.iter().map(|section| &section.rows[..]).collect();
        let overall = summary::overall(&self.allocators, &tables);
        report::overall(&overall).print();
        println!("{}", report::LEGEND);
        let page_of = |directory| {
            let page = Page {
                title: "mesh-bench run",
                method: &method,
                sections: &sections,
                overall: &overall,
            };
            page.write(directory)
        };
        page.map_or(Ok(()), page_of)
    }

    fn section(&self, workload: &Workload, seen: &Seen) -> Section {
        let line = |(index, allocator): (usize, &Allocator)| {
            let history = seen.histories.get(&(workload.name, index))?;
            (allocator.role != Role::Canary).then(|| Line::history(&allocator.name, history))
        };
        Section {
            name: workload.name.into(),
            about: workload.about.into(),
            rows: summary::rows(workload.name, &self.allocators, &seen.records),
            lines: self
                .allocators
                .iter()
                .enumerate()
                .filter_map(line)
                .collect(),
        }
    }
}

fn measure(workload: &Workload, site: &Site, allocator: &Allocator, meter: &Meter) -> Result<Run> {
    let mut command = match workload.body {
        Body::Driven(run) => return run(site, allocator, meter),
        Body::Program(command) => command(site)?,
        Body::Own(_) => {
            let quick = ["workload", workload.name, "--quick"];
            let arguments = if site.scale == Scale::Quick {
                &quick[..]
            } else {
                &quick[..2]
            };
            child::command(arguments)?
        }
    };
    allocator.preload(&mut command);
    meter.measure(command, LIMIT)
}
