//! thread_local
