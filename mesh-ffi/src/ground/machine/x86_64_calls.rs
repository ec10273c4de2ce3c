//! System calls of x86-64.

/// Which argument of `clone` says where the child finds its number.
pub(crate) const CHILD_IN_CLONE: usize = 3;

/// Calls for which other processors have others that can do more.
pub(crate) mod only_here {
    use libc::c_long;

    /// Those that write to no object, and concern nobody.
    pub(crate) const PLAIN: &[c_long] = &[
        libc::SYS_open,
        libc::SYS_access,
        libc::SYS_dup2,
        libc::SYS_vfork,
    ];

    /// Those that duplicate the process.
    pub(crate) const FORKS: &[c_long] = &[libc::SYS_fork];

    /// Those in which a thread may sleep for long.
    pub(crate) const SLEEPS: &[c_long] = &[
        libc::SYS_poll,
        libc::SYS_select,
        libc::SYS_epoll_wait,
        libc::SYS_pause,
    ];
}
