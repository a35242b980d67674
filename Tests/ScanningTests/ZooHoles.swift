/// Animals whose answer is known to be wrong, by why. The table says what is right for them all the same; one that is
/// mended fails the test until it is taken off this list.
enum ZooHoles {
    static func why(_ name: String) -> String? {
        for (names, why) in list where names.split(whereSeparator: \.isWhitespace).contains(Substring(name)) {
            return why
        }
        return nil
    }

    private static let list: [(names: String, why: String)] = [
        (
            "encrypted/pdf-empty-password-innocent.pdf",
            "libclamav 1.4 leaves an encrypted stream without a filter as it stands, though it has the key: it is told of"
        )
    ]
}
