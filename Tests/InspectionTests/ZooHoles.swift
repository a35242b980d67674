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
            "eicar/pdf-lzw.pdf hidden/pdf-lzw.pdf hidden/pdf-run-length.pdf",
            "libclamav 1.4 does not take out a stream of PDF whose only filter is LZWDecode or RunLengthDecode"
        ),
        ("eicar/pdf-predictor.pdf hidden/pdf-predictor.pdf", "libclamav 1.4 ignores the predictor of a PDF's stream"),
        (
            "encrypted/pdf-empty-password.pdf",
            "libclamav 1.4 writes an encrypted stream without a filter out as it stands, though it has the key"
        ),
        ("truncated/pdf-25.pdf truncated/pdf-50.pdf truncated/pdf-75.pdf", "nobody looks for the end of a PDF"),
    ]
}
