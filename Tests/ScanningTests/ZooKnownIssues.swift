/// Files of the zoo whose result is known to be wrong, with the reason. `ZooExpectations` has the correct result. Once
/// that is reached, the test fails until the file is removed from this list.
enum ZooKnownIssues {
    static func reason(_ name: String) -> String? {
        for (names, reason) in list where names.split(whereSeparator: \.isWhitespace).contains(Substring(name)) {
            return reason
        }
        return nil
    }

    private static let list: [(names: String, reason: String)] = []
}
