internal import Synchronization

/// State that several threads share, each at its turn. The only lock of the project: where it is to be exchanged (the
/// thread sanitizer of Swift 6.3 reports false races on `Mutex`), this is the place.
///
/// Decide inside, act outside: nothing that waits, resumes a continuation or calls back belongs in the closure.
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
