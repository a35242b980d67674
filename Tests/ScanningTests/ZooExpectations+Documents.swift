import Domain

extension ZooExpectations {
    /// Documents that carry files, encrypted forms, and innocents beside them.
    static let documents: [(String, Expectation)] = [
        ("documents/hidden/", .infected(hidden)), ("documents/encrypted/", .unscannable("encrypted")),
        ("documents/clean/", Expectation(verdicts: [.clean])),
    ]
}
