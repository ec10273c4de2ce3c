//! A lock is open when nobody has it.

use heap::{Mutex, SpinLock};

#[test]
fn a_lock_is_open_when_its_guard_is_gone() {
    let mutex = Mutex::<SpinLock, _>::new(1);
    {
        let mut guard = mutex.lock();
        *guard += 1;
        assert!(mutex.try_lock().is_none());
    }
    assert_eq!(mutex.try_lock().map(|guard| *guard), Some(2));
    mutex.lock_for_fork();
    assert!(mutex.try_lock().is_none());
    // SAFETY: this thread took the lock just now.
    unsafe { mutex.unlock_after_fork() };
    assert!(mutex.try_lock().is_some());
}
