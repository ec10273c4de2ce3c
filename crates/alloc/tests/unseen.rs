//! What the kernel may write by itself, or kill for, ends meshing, though nobody tells the allocator of it.

mod sparse;

use std::thread::sleep;
use std::time::{Duration, Instant};

use mesh_alloc::Mesh;
use sparse::Sparse;

#[global_allocator]
static GLOBAL: Mesh = Mesh;

/// Has the heap compacted until nothing is meshed any more; fails when that does not come.
fn meshing_ends() {
    let begin = Instant::now();
    while GLOBAL.stats().meshing {
        assert!(begin.elapsed() < Duration::from_secs(20), "it goes on");
        let lines = Sparse::new(20_000, "one");
        GLOBAL.compact();
        lines.check("one");
        // A look is due after fifty times what the last one took.
        sleep(Duration::from_millis(5));
    }
    let meshes = GLOBAL.stats().meshes;
    let mut lines = Sparse::new(20_000, "one");
    GLOBAL.compact();
    lines.rename("two");
    lines.check("two");
    assert_eq!(GLOBAL.stats().meshes, meshes);
}

/// Does `act` in a child, and fails if it fails.
fn in_a_child(act: impl FnOnce()) {
    // SAFETY: the child uses this allocator, and what it has a copy of.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "no process");
    if child == 0 {
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).is_ok();
        // SAFETY: nothing of the parent's is to be cleaned up here.
        unsafe { libc::_exit(i32::from(!done)) };
    }
    let mut status = 0;
    // SAFETY: the child is this process's.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!((ended, status), (child, 0));
}

/// Installs a filter that permits all.
fn filter() {
    let mut permit = [libc::sock_filter {
        code: (libc::BPF_RET | libc::BPF_K) as u16,
        jt: 0,
        jf: 0,
        k: libc::SECCOMP_RET_ALLOW,
    }];
    let program = libc::sock_fprog {
        len: 1,
        filter: permit.as_mut_ptr(),
    };
    // SAFETY: numbers only.
    let refused = unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) };
    assert_eq!(refused, 0);
    // SAFETY: the kernel reads the program.
    let failed = unsafe {
        libc::prctl(
            libc::PR_SET_SECCOMP,
            libc::SECCOMP_MODE_FILTER,
            &raw const program,
        )
    };
    assert_eq!(failed, 0);
}

/// Makes an `io_uring`.
fn ring() {
    let mut parameters = [0_u32; 30];
    // SAFETY: the kernel reads and writes its parameters, which are as long.
    let ring = unsafe { libc::syscall(libc::SYS_io_uring_setup, 4, parameters.as_mut_ptr()) };
    assert!(ring >= 0, "no ring");
}

#[test]
fn filters_and_rings_end_meshing() {
    let lines = Sparse::new(50_000, "one");
    GLOBAL.compact();
    let in_parent = GLOBAL.stats();
    for act in [filter, ring] {
        in_a_child(|| {
            let more = Sparse::new(50_000, "two");
            GLOBAL.compact();
            more.check("two");
            let in_child = GLOBAL.stats();
            assert_eq!(in_child.meshing, in_parent.meshing);
            assert_eq!(in_child.meshing, in_child.meshes > in_parent.meshes);
            act();
            meshing_ends();
            lines.check("one");
        });
    }
    lines.check("one");
    // The parent has neither.
    let (before, _more) = (GLOBAL.stats(), Sparse::new(50_000, "one"));
    GLOBAL.compact();
    assert_eq!(before.meshing, GLOBAL.stats().meshes > before.meshes);
}
