//! What a look says of a machine whose files are made up.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::CStr;

use pressure::{Files, Pauses, Watch};

const MIB: u64 = 1 << 20;

/// Milliseconds after which the group is looked for again.
const MINUTE: u64 = 60_000;

#[derive(Default)]
struct Machine {
    files: RefCell<BTreeMap<String, String>>,
    read: RefCell<Vec<String>>,
}

impl Machine {
    fn with(files: &[(&str, &str)]) -> Self {
        let machine = Self::default();
        for (path, text) in files {
            machine.set(path, text);
        }
        machine
    }

    fn set(&self, path: &str, text: &str) {
        self.files.borrow_mut().insert(path.into(), text.into());
    }

    fn used(&self, path: &str, mib: u64) {
        self.set(path, &format!("{}\n", mib * MIB));
    }

    fn stalled(&self, path: &str, microseconds: u64) {
        let text = format!(
            "some avg10=0.00 avg60=0.00 avg300=0.00 total={microseconds}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n"
        );
        self.set(path, &text);
    }

    fn forget(&self, path: &str) {
        self.files.borrow_mut().remove(path);
    }
}

impl Files for Machine {
    fn read(&self, path: &CStr, buffer: &mut [u8]) -> Option<usize> {
        let path = path.to_str().ok()?;
        self.read.borrow_mut().push(path.into());
        let files = self.files.borrow();
        let text = files.get(path)?.as_bytes();
        let len = text.len().min(buffer.len());
        buffer[..len].copy_from_slice(&text[..len]);
        Some(len)
    }

    fn memory(&self) -> u64 {
        1024 * MIB
    }
}

const FIRST: &str = "/sys/fs/cgroup/memory/a/b";
const SECOND: &str = "/sys/fs/cgroup/a/b";

/// A process in the group `/a/b` of the first version, which may use 100 MiB.
fn first() -> Machine {
    let machine = Machine::with(&[("/proc/self/cgroup", "3:cpu:/\n4:memory:/a/b\n0::/\n")]);
    machine.used(&format!("{FIRST}/memory.usage_in_bytes"), 10);
    machine.used(&format!("{FIRST}/memory.limit_in_bytes"), 100);
    machine
}

/// The same of the second version.
fn second() -> Machine {
    let machine = Machine::with(&[
        ("/proc/self/cgroup", "0::/a/b\n"),
        ("/sys/fs/cgroup/cgroup.controllers", "memory\n"),
        (&format!("{SECOND}/cgroup.controllers"), "memory\n"),
        (&format!("{SECOND}/memory.high"), "max\n"),
    ]);
    machine.used(&format!("{SECOND}/memory.current"), 10);
    machine.used(&format!("{SECOND}/memory.max"), 100);
    machine.stalled(&format!("{SECOND}/memory.pressure"), 0);
    machine
}

#[test]
fn nothing_is_scarce_where_nothing_tells() {
    for machine in [
        Machine::default(),
        Machine::with(&[("/proc/self/cgroup", "")]),
        Machine::with(&[("/proc/self/cgroup", "0::/a\n4:memory:/b\n")]),
    ] {
        let mut watch = Watch::new();
        assert!((0..5).all(|second| !watch.look(&machine, second * 1000)));
    }
}

#[test]
fn it_is_looked_at_more_often_where_a_limit_is_near_and_seldom_where_nothing_tells() {
    let machine = first();
    let used = format!("{FIRST}/memory.usage_in_bytes");
    let mut watch = Watch::new();
    let mut pause = |mib| {
        machine.used(&used, mib);
        watch.look(&machine, 0);
        watch.pause()
    };
    assert_eq!([79, 80, 99, 10].map(&mut pause), [1000, 100, 100, 1000]);
    let mut watch = Watch::new();
    watch.look(&Machine::default(), 0);
    assert_eq!(watch.pause(), MINUTE);
}

#[test]
fn waits_of_a_short_time_say_nothing() {
    let machine = second();
    let pressure = format!("{SECOND}/memory.pressure");
    let mut watch = Watch::new();
    assert!(!watch.look(&machine, 0));
    machine.stalled(&pressure, 90_000);
    assert!(!watch.look(&machine, 100));
    assert!(watch.look(&machine, 1000));
    assert!(!watch.look(&machine, 1100));
}

#[test]
fn a_group_of_the_first_version_is_full() {
    let machine = first();
    let used = format!("{FIRST}/memory.usage_in_bytes");
    let mut watch = Watch::new();
    assert!(!watch.look(&machine, 0));
    machine.used(&used, 94);
    assert!(!watch.look(&machine, 1000));
    machine.used(&used, 95);
    assert!(watch.look(&machine, 2000));
    machine.used(&used, 101);
    assert!(watch.look(&machine, 3000));
    // Files that nobody uses are no reason.
    let stat = format!("{FIRST}/memory.stat");
    machine.set(
        &stat,
        &format!("inactive_file 0\ntotal_inactive_file {}\n", 50 * MIB),
    );
    assert!(!watch.look(&machine, 4000));
    machine.set(
        &stat,
        &format!("inactive_file 0\ntotal_inactive_file {}\n", 2 * MIB),
    );
    assert!(watch.look(&machine, 5000));
}

#[test]
fn a_group_of_the_second_version_is_full() {
    let machine = second();
    let used = format!("{SECOND}/memory.current");
    let mut watch = Watch::new();
    machine.used(&used, 94);
    assert!(!watch.look(&machine, 0));
    machine.used(&used, 95);
    assert!(watch.look(&machine, 1000));
    machine.set(
        &format!("{SECOND}/memory.stat"),
        &format!("anon 1\ninactive_file {}\n", 5 * MIB),
    );
    assert!(!watch.look(&machine, 2000));
    machine.used(&format!("{SECOND}/memory.high"), 80);
    assert!(watch.look(&machine, 3000), "the smaller one counts");
    machine.set(&format!("{SECOND}/memory.high"), "max\n");
    machine.set(&format!("{SECOND}/memory.max"), "max\n");
    assert!(!watch.look(&machine, 4000));
}

#[test]
fn groups_above_count() {
    let machine = second();
    machine.used("/sys/fs/cgroup/a/memory.current", 96);
    machine.used("/sys/fs/cgroup/a/memory.max", 100);
    let mut watch = Watch::new();
    assert!(watch.look(&machine, 0));
    machine.used("/sys/fs/cgroup/a/memory.max", 200);
    assert!(!watch.look(&machine, 1000));
    machine.used("/sys/fs/cgroup/memory.current", 96);
    machine.used("/sys/fs/cgroup/memory.max", 100);
    assert!(
        watch.look(&machine, 2000),
        "in a container the mount is a group"
    );
    assert!(
        machine
            .read
            .borrow()
            .iter()
            .all(|path| path.starts_with("/sys/fs/cgroup/") || path.starts_with("/proc/")),
        "nothing above the mount is looked at"
    );
}

#[test]
fn limits_larger_than_the_machine_are_none() {
    let machine = first();
    machine.used(&format!("{FIRST}/memory.usage_in_bytes"), 1023);
    machine.set(
        &format!("{FIRST}/memory.limit_in_bytes"),
        "9223372036854771712\n",
    );
    let mut watch = Watch::new();
    assert!(!watch.look(&machine, 0));
    machine.used(&format!("{FIRST}/memory.limit_in_bytes"), 1024);
    assert!(!watch.look(&machine, 1000));
    machine.used(&format!("{FIRST}/memory.limit_in_bytes"), 1000);
    assert!(watch.look(&machine, 2000));
}

#[test]
fn in_a_container_the_mount_is_the_group() {
    let machine = Machine::with(&[("/proc/self/cgroup", "4:memory:/docker/0123\n0::/\n")]);
    machine.used("/sys/fs/cgroup/memory/memory.usage_in_bytes", 99);
    machine.used("/sys/fs/cgroup/memory/memory.limit_in_bytes", 100);
    assert!(Watch::new().look(&machine, 0));
    let machine = Machine::with(&[
        ("/proc/self/cgroup", "0::/../../init\n"),
        ("/sys/fs/cgroup/cgroup.controllers", "memory\n"),
    ]);
    machine.used("/sys/fs/cgroup/memory.current", 99);
    machine.used("/sys/fs/cgroup/memory.max", 100);
    assert!(Watch::new().look(&machine, 0));
}

#[test]
fn names_that_are_too_long_are_not_there() {
    for long in [400, 479, 480, 481, 495, 511, 512, 600, 3000] {
        let machine = Machine::with(&[
            ("/proc/self/cgroup", &format!("0::/{}\n", "a".repeat(long))),
            ("/sys/fs/cgroup/cgroup.controllers", "memory\n"),
        ]);
        machine.used("/sys/fs/cgroup/memory.current", 99);
        machine.used("/sys/fs/cgroup/memory.max", 100);
        assert!(Watch::new().look(&machine, 0), "{long}");
    }
}

#[test]
fn tasks_of_the_group_have_waited() {
    let machine = second();
    machine.stalled("/proc/pressure/memory", 0);
    let stalls = format!("{SECOND}/memory.pressure");
    machine.stalled(&stalls, 7_000_000);
    let mut watch = Watch::new();
    assert!(
        !watch.look(&machine, 10_000),
        "the first look compares nothing"
    );
    machine.stalled(&stalls, 7_050_000);
    assert!(!watch.look(&machine, 11_000), "a twentieth");
    machine.stalled(&stalls, 7_101_000);
    assert!(watch.look(&machine, 12_000), "more");
    machine.stalled(&stalls, 7_201_000);
    assert!(
        !watch.look(&machine, 22_000),
        "a hundredth of a longer time"
    );
    machine.stalled(&stalls, 0);
    assert!(!watch.look(&machine, 23_000), "begun anew");
    machine.stalled("/proc/pressure/memory", 900_000);
    assert!(
        !watch.look(&machine, 24_000),
        "the machine's stalls are not the group's"
    );
}

#[test]
fn where_no_group_tells_the_machine_does() {
    let machine = Machine::default();
    machine.stalled("/proc/pressure/memory", 0);
    let mut watch = Watch::new();
    assert!(!watch.look(&machine, 0));
    machine.stalled("/proc/pressure/memory", 51_000);
    assert!(watch.look(&machine, 1000));
    // A group with a limit does.
    let machine = first();
    machine.stalled("/proc/pressure/memory", 0);
    let mut watch = Watch::new();
    assert!(!watch.look(&machine, 0));
    machine.stalled("/proc/pressure/memory", 900_000);
    assert!(!watch.look(&machine, 1000));
}

#[test]
fn the_group_is_looked_for_every_minute() {
    let machine = second();
    let stalls = format!("{SECOND}/memory.pressure");
    machine.stalled(&stalls, 0);
    let mut watch = Watch::new();
    let _ = watch.look(&machine, 0);
    machine.set("/proc/self/cgroup", "0::/c\n");
    machine.set("/sys/fs/cgroup/c/cgroup.controllers", "");
    machine.stalled("/sys/fs/cgroup/c/memory.pressure", 50_000_000);
    machine.used("/sys/fs/cgroup/c/memory.current", 99);
    machine.used("/sys/fs/cgroup/c/memory.max", 100);
    assert!(!watch.look(&machine, MINUTE - 1));
    assert!(watch.look(&machine, MINUTE));
    machine.used("/sys/fs/cgroup/c/memory.current", 9);
    assert!(
        !watch.look(&machine, MINUTE + 1000),
        "stalls of another group were not compared"
    );
    assert!(!watch.look(&machine, 2 * MINUTE + 1000));
    machine.forget("/sys/fs/cgroup/c/memory.max");
    machine.forget("/sys/fs/cgroup/c/memory.pressure");
    assert!(
        !watch.look(&machine, 2 * MINUTE + 2000),
        "a group that is gone"
    );
}

#[test]
fn a_look_reads_few_files() {
    let machine = first();
    let mut watch = Watch::new();
    let _ = watch.look(&machine, 0);
    machine.read.borrow_mut().clear();
    let _ = watch.look(&machine, 1000);
    // Of three levels one has a limit.
    assert!(
        machine.read.borrow().len() <= 4,
        "{:?}",
        machine.read.borrow()
    );
}

#[test]
fn what_gives_back_little_is_done_less_often() {
    let (pauses, heap) = (Pauses::new(), 50 << 20);
    let mut now = 5_000;
    for pause in [1, 2, 4, 8, 16, 32, 64, 64, 64] {
        assert!(pauses.is_due(now));
        pauses.conclude(now, (1 << 20) - 1, heap);
        assert!(!pauses.is_due(now + pause * 1000 - 1), "{pause}");
        now += pause * 1000;
    }
    pauses.conclude(now, 1 << 20, heap);
    assert!(!pauses.is_due(now + 999));
    assert!(pauses.is_due(now + 1000), "it was worth while");
    pauses.conclude(now, 1 << 20, 1 << 30);
    assert!(pauses.is_due(now + 1000));
    pauses.conclude(now + 1000, 11 << 20, 1 << 30);
    pauses.conclude(now + 2000, 10 << 20, 1 << 30);
    pauses.conclude(now + 3000, 10 << 20, 1 << 30);
    assert!(!pauses.is_due(now + 4000), "less than a hundredth, twice");
}

#[test]
fn a_process_may_use_the_least_that_a_group_permits() {
    let permitted = |machine: &Machine| pressure::permitted(machine, &mut [0; 4096]);
    let machine = first();
    assert_eq!(permitted(&machine), 100 * MIB);
    machine.used("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", 50);
    assert_eq!(permitted(&machine), 50 * MIB);
    machine.used("/sys/fs/cgroup/memory/a/memory.limit_in_bytes", 5000);
    assert_eq!(permitted(&machine), 100 * MIB);
    assert_eq!(permitted(&Machine::default()), 1024 * MIB);

    let second = Machine::with(&[("/proc/self/cgroup", "0::/a/b\n")]);
    second.set(&format!("{SECOND}/cgroup.controllers"), "memory\n");
    second.set(&format!("{SECOND}/memory.max"), "max\n");
    assert_eq!(permitted(&second), 1024 * MIB);
    second.used(&format!("{SECOND}/memory.high"), 70);
    assert_eq!(permitted(&second), 70 * MIB);
}
