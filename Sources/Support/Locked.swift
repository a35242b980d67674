#if THREAD_SANITIZER
internal import Glibc
#else
internal import Synchronization
#endif

/// State shared by several threads behind a mutex. The only lock of the project.
///
/// The thread sanitizer of Swift 6.3 reports false races for `Mutex`, which it does not instrument. With
/// `-DTHREAD_SANITIZER` the lock is a `pthread_mutex_t`, which it knows.
///
/// Decide inside, act outside: the closure must not wait, resume a continuation or call back.
package struct Locked<State: ~Copyable>: ~Copyable {
    private let mutex: Mutex<State>

    package init(_ state: consuming sending State) { mutex = Mutex(state) }

    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock(body)
    }
}

extension Locked: Sendable where State: ~Copyable {}

#if THREAD_SANITIZER
/// The part of `Synchronization.Mutex` that is used here.
@safe private struct Mutex<State: ~Copyable>: ~Copyable, @unchecked Sendable {
    private nonisolated(unsafe) let lock: UnsafeMutablePointer<pthread_mutex_t>
    private nonisolated(unsafe) let state: UnsafeMutablePointer<State>

    init(_ initial: consuming sending State) {
        unsafe lock = .allocate(capacity: 1)
        unsafe pthread_mutex_init(lock, nil)
        unsafe state = .allocate(capacity: 1)
        unsafe state.initialize(to: initial)
    }

    deinit {
        unsafe state.deinitialize(count: 1)
        unsafe state.deallocate()
        unsafe pthread_mutex_destroy(lock)
        unsafe lock.deallocate()
    }

    borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending State) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        unsafe pthread_mutex_lock(lock)
        defer { unsafe pthread_mutex_unlock(lock) }
        return try unsafe body(&state.pointee)
    }
}
#endif
