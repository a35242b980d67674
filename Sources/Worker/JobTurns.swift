package import Domain
internal import Support

/// Lets one attempt of this worker at a time be at a job. The same event delivered twice at once waits here for its twin,
/// and then learns from the ledger how that ended.
package final class JobTurns: Sendable {
    /// Who waits, of each job that somebody is at.
    private let lines = Locked<[JobID: [CheckedContinuation<Void, Never>]]>([:])

    package init() {}

    /// Takes the job, waiting while another attempt has it.
    package func take(_ job: JobID) async {
        await withCheckedContinuation { waiter in
            let isFree = lines.withLock { lines in
                guard lines[job] != nil else {
                    lines[job] = []
                    return true
                }
                lines[job]?.append(waiter)
                return false
            }
            if isFree { waiter.resume() }
        }
    }

    /// Hands the job to who waits longest for it.
    package func giveBack(_ job: JobID) {
        let next: CheckedContinuation<Void, Never>? = lines.withLock { lines in
            guard lines[job]?.isEmpty == false else {
                lines[job] = nil
                return nil
            }
            return lines[job]?.removeFirst()
        }
        next?.resume()
    }
}
