internal import Domain

/// The ages that one signature database had when it was used, and its versions.
package struct SignatureAge: Sendable, Equatable {
    package private(set) var uses: Int64 = 0
    package private(set) var lowestVersion: Int64?
    package private(set) var highestVersion: Int64?
    /// In milliseconds, from when the database was built until a judgement was made with it.
    package private(set) var youngest: Int64?
    package private(set) var oldest: Int64?

    package init() {}

    mutating func add(_ database: SignatureDatabase, usedAt time: Timestamp) {
        let age = time.age(of: database.built)
        uses += 1
        youngest = min(youngest ?? age, age)
        oldest = max(oldest ?? age, age)
        guard let version = database.version else { return }
        lowestVersion = min(lowestVersion ?? version, version)
        highestVersion = max(highestVersion ?? version, version)
    }
}

extension Timestamp {
    /// The milliseconds since an earlier time; 0 since a later one.
    func age(of earlier: Timestamp) -> Int64 {
        let (age, isTooLarge) = milliseconds.subtractingReportingOverflow(earlier.milliseconds)
        return isTooLarge ? (milliseconds < earlier.milliseconds ? 0 : .max) : max(0, age)
    }
}
