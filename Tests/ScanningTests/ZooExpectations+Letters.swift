import Domain

extension ZooExpectations {
    /// Letters, and files that are encoded as text: alone, in a ZIP, in a letter, and in a ZIP in a letter in a ZIP.
    static let letters: [(String, Expectation)] = [
        ("letters-eicar/", .infected(eicar)),
        ("letters-hidden/", .infected(hidden)),
        ("letters-encrypted/", .unscannable("encrypted")),
        ("letters-encrypted/fragment.eml", .unscannable("truncated")),
        ("letters-innocent/", .clean),
    ]
}
