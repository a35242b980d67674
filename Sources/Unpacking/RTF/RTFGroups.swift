/// The groups of an RTF text that hold bytes, in the order in which they end.
struct RTFGroups {
    /// What is known of a group that is open.
    private struct Open {
        let start: Int64
        var digits = 0
        var others = 0
        var hasRaw = false
        var hasNestedDigits = false
        var hasQuotes = false
        var hasLongWords = false
        var isObject = false
    }

    private let layer: FileSlice
    private var scanner: RTFScanner
    private var stack: [Open]
    private var ended: [RTFScanner.Group] = []
    private var isAtEnd = false
    /// The places behind `\objdata` that a group was found for.
    private var objects: Set<Int64> = []
    private var searched: Int64 = 0

    /// Deeper groups count as a part of this one.
    private static let deepest = 1000
    /// Fewer digits hold no file: a colour, an identifier.
    private static let fewestDigits = 32
    private static let objectWord = Array("objdata".utf8)
    private static let maximumObjects = 100_000

    init(_ layer: FileSlice) {
        self.layer = layer
        scanner = RTFScanner(layer)
        stack = [Open(start: 0)]
    }

    mutating func next() throws(UnpackingError) -> RTFScanner.Group? {
        while ended.isEmpty, !isAtEnd {
            guard let token = try scanner.next() else {
                isAtEnd = true
                while !stack.isEmpty { close() }
                break
            }
            try take(token)
        }
        if !ended.isEmpty { return ended.removeFirst() }
        return try nextHidden()
    }

    private mutating func take(_ token: RTFScanner.Token) throws(UnpackingError) {
        let top = stack.count - 1
        switch token {
        case .open where stack.count < Self.deepest: stack.append(Open(start: scanner.position))
        case .open, .symbol: break
        case .close where stack.count > 1: close()
        case .close:
            // Closed more often than opened: readers end here, or go on.
            close()
            stack = [Open(start: scanner.position)]
        case .word(Self.objectWord):
            stack[top] = Open(start: scanner.position)
            stack[top].isObject = true
            guard objects.count < Self.maximumObjects else {
                throw UnpackingError(.tooLarge, "more than \(objects.count) objects")
            }
            objects.insert(scanner.position)
        case .word(let name): if name.count >= RTFScanner.longestWord { stack[top].hasLongWords = true }
        case .quote: stack[top].hasQuotes = true
        case .digit: stack[top].digits += 1
        case .raw(let range): if !range.isEmpty { stack[top].hasRaw = true }
        case .other: stack[top].others += 1
        }
    }

    private mutating func close() {
        let group = stack.removeLast()
        if group.digits > 0 || group.hasRaw, let outer = stack.indices.last { stack[outer].hasNestedDigits = true }
        // Prose has some letters that are digits, and many that are none.
        let holdsBytes = group.hasRaw || group.digits >= Self.fewestDigits && group.others * 8 <= group.digits
        guard holdsBytes || group.isObject && group.digits + (group.hasNestedDigits ? 1 : 0) > 0 else { return }
        ended.append(
            RTFScanner.Group(
                start: group.start, hasNestedDigits: group.hasNestedDigits, hasQuotes: group.hasQuotes,
                hasLongWords: group.hasLongWords, isObject: group.isObject))
    }

    /// An object that stands where the tokens do not lead: readers differ in what they pass over, such as raw bytes.
    private mutating func nextHidden() throws(UnpackingError) -> RTFScanner.Group? {
        while let found = try layer.firstOffset(of: Self.objectWord, in: searched..<layer.size) {
            searched = found + Int64(Self.objectWord.count)
            guard found > 0, try layer.bytes(at: found - 1, count: 1) == [0x5C] else { continue }
            var reader = RTFScanner(layer, from: found - 1)
            _ = try reader.next()
            guard !objects.contains(reader.position) else { continue }
            return RTFScanner.Group(
                start: reader.position, hasNestedDigits: true, hasQuotes: true, hasLongWords: false, isObject: true)
        }
        return nil
    }
}
