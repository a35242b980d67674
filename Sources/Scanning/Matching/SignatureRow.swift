import CClamAV
import Digest

/// One row of a signature database, as text.
enum SignatureRow {
    /// A database's format, and the engine's word for its rows in the callback for signatures.
    enum Kind: String { case body = "ndb", logical = "ldb" }

    /// Returns a row of `.ndb` (ClamAV documentation, "Body-based signatures") for bytes at any place.
    static func body(_ name: String, target: Int, _ pattern: [UInt8]) -> String {
        "\(name):\(target):*:\(hexadecimal(pattern))\n"
    }

    /// The engine's level of features.
    private static let level = Int(cl_retflevel())

    /// Returns the row's name and what it needs, or nil if it has no name.
    static func read(
        _ row: ArraySlice<UInt8>, _ kind: Kind, _ rarity: FragmentRarity
    ) -> (name: String, need: FragmentNeed)? {
        let separator = UInt8(ascii: kind == .body ? ":" : ";")
        guard let end = row.firstIndex(of: separator), end > row.startIndex else { return nil }
        let name = String(decoding: row[..<end], as: UTF8.self)
        // A macro's parts are found by their number in other rows. The engine reads no further than to a zero.
        guard !row.contains(where: { $0 == UInt8(ascii: "$") || $0 < 0x20 }) else { return (name, .nothing(.syntax)) }
        return (name, kind == .body ? bodyNeed(of: row, rarity) : logicalNeed(of: row, rarity))
    }

    /// `name:target:offset:pattern[:minimum level[:maximum level]]`
    private static func bodyNeed(of row: ArraySlice<UInt8>, _ rarity: FragmentRarity) -> FragmentNeed {
        let fields = row.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard (4...6).contains(fields.count), let pattern = HexPattern(fields[3]) else { return .nothing(.syntax) }
        guard isLoaded(from: fields.count > 4 ? fields[4] : nil, to: fields.count > 5 ? fields[5] : nil) else {
            return .nothing(.version)
        }
        if isSensitive(to: fields[1]), isRelative(fields[2]) { return .nothing(.offset) }
        return rarity.need(of: pattern.runs)
    }

    /// Whether a target is any file or a text.
    private static func isSensitive(to target: ArraySlice<UInt8>?) -> Bool {
        target.flatMap(number).map { $0 == 0 || $0 == 7 } ?? true
    }

    /// Whether an offset is neither `*` nor a number.
    private static func isRelative(_ offset: ArraySlice<UInt8>) -> Bool {
        offset != [UInt8(ascii: "*")] && !(offset.first.map { (0x30...0x39).contains($0) } ?? false)
    }

    private static func isLoaded(from first: ArraySlice<UInt8>?, to last: ArraySlice<UInt8>?) -> Bool {
        guard let lowest = first.map(number) ?? 0, let highest = last.map(number) ?? .max else { return false }
        return (lowest...max(lowest, highest)).contains(level)
    }

    private static func number(_ text: ArraySlice<UInt8>) -> Int? {
        Int(String(decoding: text, as: UTF8.self)).flatMap { $0 >= 0 ? $0 : nil }
    }

    /// `name;description;expression;part 0;part 1;…`
    private static func logicalNeed(of row: ArraySlice<UInt8>, _ rarity: FragmentRarity) -> FragmentNeed {
        let fields = row.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
        guard (4...67).contains(fields.count), !hidesSeparator(row) else { return .nothing(.syntax) }
        if let reason = obstacle(in: fields[1]) { return .nothing(reason) }
        let target = fields[1].split(separator: UInt8(ascii: ",")).first { $0.starts(with: Array("Target:".utf8)) }
        let offsets = fields[3...].compactMap { field in
            field.firstIndex(of: UInt8(ascii: ":")).map { field[..<$0] }
        }
        if isSensitive(to: target?.dropFirst(7)), offsets.contains(where: isOffset) { return .nothing(.offset) }
        var parts: [FragmentNeed] = []
        for field in fields[3...] { parts.append(partNeed(of: field, after: parts, rarity)) }
        return LogicalExpression.need(fields[2], parts: parts) ?? .nothing(.syntax)
    }

    /// Whether the text before a part's first colon is a relative offset, and not the part itself.
    private static func isOffset(_ text: ArraySlice<UInt8>) -> Bool {
        isRelative(text) && HexPattern(text) == nil
    }

    /// Whether a semicolon stands within a regular expression, where it separates nothing.
    private static func hidesSeparator(_ row: ArraySlice<UInt8>) -> Bool {
        var (isInside, previous) = (false, UInt8(0))
        for byte in row {
            if byte == UInt8(ascii: "/"), previous != UInt8(ascii: "\\") { isInside.toggle() }
            if byte == UInt8(ascii: ";"), isInside { return true }
            previous = byte
        }
        return isInside
    }

    /// What only narrows the files in which a signature matches.
    private static let narrowing: Set<String> = [
        "Target", "FileSize", "EntryPoint", "NumberOfSections", "Container", "Intermediates",
    ]

    /// Returns why a description, such as `Engine:81-255,Target:1`, keeps its signature from being filtered, or nil.
    private static func obstacle(in description: ArraySlice<UInt8>) -> WholeReason? {
        for attribute in description.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
            let words = attribute.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard words.count == 2 else { return .syntax }
            let name = String(decoding: words[0], as: UTF8.self)
            if name == "Engine" {
                let range = words[1].split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
                guard range.count == 2, isLoaded(from: range[0], to: range[1]) else { return .version }
            } else if !narrowing.contains(name) {
                return .syntax
            }
        }
        return nil
    }

    /// - Parameter earlier: what the parts before it need.
    private static func partNeed(
        of part: ArraySlice<UInt8>, after earlier: [FragmentNeed], _ rarity: FragmentRarity
    ) -> FragmentNeed {
        // A comparison of bytes, or the hash of an image.
        if part.contains(UInt8(ascii: "#")) { return .nothing(.syntax) }
        if let slash = part.firstIndex(of: UInt8(ascii: "/")) {
            // `[offset:]trigger/expression/flags`: it is tried where its trigger holds.
            let head = part[..<slash]
            let trigger = head.lastIndex(of: UInt8(ascii: ":")).map { head[($0 + 1)...] } ?? head
            return LogicalExpression.need(trigger, parts: earlier) ?? .nothing(.syntax)
        }
        // `[offset:]pattern[::modifiers]`
        var fields = part.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        var modifiers: [UInt8] = []
        if fields.count > 2, fields[fields.count - 2].isEmpty {
            modifiers = Array(fields[fields.count - 1])
            fields.removeLast(2)
        }
        guard (1...2).contains(fields.count), modifiers.allSatisfy(Array("iwaf".utf8).contains),
            let pattern = fields.last.flatMap(HexPattern.init)
        else { return .nothing(.syntax) }
        let narrow = rarity.need(of: pattern.runs)
        guard modifiers.contains(UInt8(ascii: "w")) else { return narrow }
        let wide = rarity.need(of: pattern.wideRuns)
        return modifiers.contains(UInt8(ascii: "a")) ? .any([narrow, wide]) : wide
    }
}
