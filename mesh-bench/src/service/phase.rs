//! What a phase of load came to, and all phases of one server.

use super::digest::Digest;
use crate::course::Course;
use serde::Serialize;

/// What the load of a phase has to say.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    /// Requests, jobs or transactions per second.
    pub(crate) rate: Option<f64>,
    /// A checksum of all answers.
    pub(crate) answers: Option<Digest>,
}

/// One phase. Memory is physical, in bytes: what the control group is charged for without cached files, else `Pss` plus page tables of all
/// processes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Phase {
    /// Its name.
    pub(crate) name: &'static str,
    /// When it began and ended, in seconds of the samples.
    pub(crate) from_s: f64,
    pub(crate) to_s: f64,
    /// CPU time of the server in both modes, seconds.
    pub(crate) cpu_s: f64,
    /// Memory at its end.
    pub(crate) end_bytes: u64,
    /// The kernel's part of it, where there is a control group.
    pub(crate) kernel_bytes: Option<u64>,
    /// Mean memory over its time.
    pub(crate) mean_bytes: f64,
    /// The highest sample.
    pub(crate) peak_bytes: u64,
    /// Requests, jobs or transactions per second.
    pub(crate) rate: Option<f64>,
    /// A checksum of all answers.
    pub(crate) answers: Option<Digest>,
}

/// One server from its start to the end of the last phase.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Trial {
    /// In the order of time.
    pub(crate) phases: Vec<Phase>,
    /// CPU time of the server from its start to its end, seconds.
    pub(crate) cpu_s: f64,
    /// All samples.
    #[serde(flatten)]
    pub(crate) memory: Course,
}

impl Trial {
    /// The phase of that name.
    pub(crate) fn phase(&self, name: &str) -> Option<&Phase> {
        self.phases.iter().find(|phase| phase.name == name)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::course::Sample;

    /// A trial with a phase `steady` and a phase `idle` that ends with `end_bytes`.
    pub(crate) fn trial(end_bytes: u64, rate: f64) -> Trial {
        let sample = |at_s, charged| Sample {
            at_s,
            mapped: None,
            charged: Some(charged),
        };
        let phase = |name, from_s: f64, end_bytes, rate| Phase {
            name,
            from_s,
            to_s: from_s + 1.0,
            cpu_s: 0.5,
            end_bytes,
            kernel_bytes: None,
            mean_bytes: end_bytes as f64,
            peak_bytes: end_bytes,
            rate,
            answers: Some(Digest::default()),
        };
        Trial {
            phases: vec![
                phase("steady", 0.0, 9 << 20, Some(rate)),
                phase("idle", 1.0, end_bytes, None),
            ],
            cpu_s: 1.25,
            memory: Course::of(vec![sample(0.0, 9 << 20), sample(2.0, end_bytes)]).unwrap(),
        }
    }
}
