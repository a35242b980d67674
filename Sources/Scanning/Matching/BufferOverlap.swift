/// Signatures that match nothing, and make the buffers in which libclamav matches a file overlap by the same number of
/// bytes in every engine: libclamav takes the length of an engine's longest pattern for the kind of file.
///
/// So each fragment stands in one of the buffers as a whole; and what depends on where a buffer ends, such as spaces in
/// normalised texts, does not depend on which other signatures an engine has. An engine with all signatures has them as
/// well, so that another way of matching changes no verdict; the overlap costs it some 3 % of its time on large files.
enum BufferOverlap {
    /// In bytes: the longest pattern in a row of `.ndb`, of which libclamav reads 8,191 characters.
    static let length = 4000
    /// In bytes: what libclamav matches of a file at a time (`SCANBUFF`).
    static let bufferLength = 128 << 10
    /// libclamav's kinds of targets: any file, then those of certain types.
    private static let targets = 0..<15

    /// The rows of an `.ndb` file, of random bytes.
    static func rows() -> String {
        targets.map { target in
            let pattern = (0..<length).map { _ in UInt8.random(in: .min ... .max) }
            return SignatureRow.body("Lazaret.Overlap.\(target)", target: target, pattern)
        }.joined()
    }

    /// Returns why signatures can't be filtered if the buffers of the engines overlap by these numbers of bytes; nil if
    /// they can. Rules and old patterns, whose lengths the plan does not know, make the overlap longer.
    static func obstacle(_ overlaps: [Int]) -> String? {
        if let longer = overlaps.first(where: { $0 > length }) {
            return "a pattern is longer than \(length) bytes: the engine's buffers overlap by \(longer)"
        }
        return overlaps.first { $0 < length }.map {
            "this libclamav lets its buffers overlap by \($0) bytes, with a pattern of \(length)"
        }
    }

    /// Returns a length in bytes that no pattern of a row exceeds.
    static func longest(in row: ArraySlice<UInt8>) -> Int {
        row.split(separator: UInt8(ascii: ";")).lazy.map(longest(of:)).max() ?? 0
    }

    private static func longest(of pattern: ArraySlice<UInt8>) -> Int {
        var length = pattern.count / 2
        // libclamav writes `{n}` as so many wildcards if `n` is below 128, and else splits the pattern there.
        for gap in pattern.split(separator: UInt8(ascii: "{"), omittingEmptySubsequences: false).dropFirst() {
            let count = Int(String(decoding: gap.prefix { $0 != UInt8(ascii: "}") }, as: UTF8.self)) ?? 0
            if (1..<128).contains(count) { length += count }
        }
        let isWide = zip(pattern, pattern.dropFirst()).contains { $0 == (UInt8(ascii: ":"), UInt8(ascii: ":")) }
        return isWide ? 2 * length : length
    }
}
