import Domain

extension ZooExpectations {
    /// Documents that carry files, encrypted forms, and innocents beside them.
    static let documents: [(String, Expectation)] = [
        ("documents/hidden/", .infected(hidden)), ("documents/encrypted/", .unscannable("encrypted")),
        ("documents/clean/", Expectation(verdicts: [.clean])),
        // Media, fonts, icons, programs, what Git writes and shell archives: alone, in a ZIP, in a letter, and twice.
        ("carried/", .infected(hidden)), ("carried-innocent/", Expectation(verdicts: [.clean])),
    ]
}
