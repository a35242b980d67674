/// Containers over which a library loops.
extension ZooExpectations {
    /// The time limits of these are a fraction of what the libraries take.
    static let loops: [(String, Expectation)] = [
        (
            """
            loop/double-link.xar loop/double-link.xar.zip loop/double-link.xar.zip.tar loop/continuation.iso
            loop/continuation.iso.zip
            """, .unscannable("no-progress")
        ),
        ("loop/empty-entries.zip loop/empty-entries.zip.tar", .clean),
        ("loop/eicar-and-empty-entries.zip loop/eicar-and-empty-entries.zip.gz", .infected(eicar)),
    ]
}
