//! Instructions of a process and its descendants in user mode, where the processor has a counter that the kernel lets us read.

use perf_event::events::{Event, Hardware};
use perf_event::{Builder, Counter};
use std::io;

/// A counter of what this thread starts: it counts in each new process from the start of its program on.
pub(crate) struct Instructions {
    counter: Counter,
}

impl Instructions {
    /// A new counter; `None` where there is none, as in most virtual machines.
    ///
    /// As long as it lives, this thread must start nothing but the program to be measured.
    pub(crate) fn of_next_program() -> Option<Self> {
        let counter = count_children(Hardware::INSTRUCTIONS).ok()?;
        Some(Self { counter })
    }

    /// What was counted since, in processes that have ended and in others; `None` when nothing was.
    pub(crate) fn read(&mut self) -> Option<u64> {
        self.counter.read().ok().filter(|&count| count > 0)
    }
}

/// A counter that is off in this thread, and that its children inherit and turn on when they start a program.
fn count_children(event: impl Event) -> io::Result<Counter> {
    let mut builder = Builder::new(event);
    builder
        .observe_self()
        .any_cpu()
        .inherit(true)
        .enabled(false)
        .enable_on_exec(true)
        .exclude_kernel(true)
        .exclude_hv(true);
    builder.build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use perf_event::events::Software;
    use std::process::Command;

    #[test]
    fn programs_count_and_this_thread_does_not() {
        // Page faults need no counter in the processor, which virtual machines do not have.
        let mut faults = match count_children(Software::PAGE_FAULTS) {
            Ok(counter) => counter,
            // Some systems count for nobody but root.
            Err(error) => {
                assert_eq!(error.kind(), io::ErrorKind::PermissionDenied, "{error}");
                return;
            }
        };
        let touched = vec![1u8; 4 << 20];
        assert_eq!(std::hint::black_box(&touched)[4096], 1);
        assert_eq!(faults.read().unwrap(), 0);
        let shell = "x=$(head -c 1000000 /dev/zero | tr '\\0' a); true";
        assert!(
            Command::new("/bin/sh")
                .args(["-c", shell])
                .status()
                .unwrap()
                .success()
        );
        // A megabyte is 244 pages.
        assert!(faults.read().unwrap() > 244);
    }
}
