/// The whole new files in a patch: hunks of a unified diff that begin with an old file without lines (`@@ -0,0`), those
/// of a context diff (`*** 0 ****`), and what Darcs adds to a file from its first line on (`hunk ./a 1`, `binary ./a`).
///
/// What a patch puts into another file depends on that file, and is matched as text.
package struct TextPatch: LayerOpener {
    static let marks = ["@@ -0,0 +", "*** 0 ****", "hunk ./", "binary ./"]
    private static let maximumParts = 100_000

    private enum Kind {
        /// Each line behind so many letters, the first of which is given.
        case lines(first: UInt8, skipped: Int)
        /// Lines of hexadecimal digits behind `*`, those of the old file first.
        case digits
    }

    private struct Hunk {
        let kind: Kind
        let start: Int64
        /// Whether the lines of the patch end with CRLF, and those of the file are to end with LF.
        let stripsReturns: Bool
    }

    private let layer: FileSlice
    private var hunks: [Hunk] = []
    private var index = -1

    /// - Parameter layer: from the first mark on.
    /// - Throws: `.tooLarge` with more files than are read.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        var lines = TextLines(layer, in: 0..<layer.size)
        var isContext = false
        while let line = try lines.next() {
            guard line.isStart else { continue }
            let kind: Kind
            if line.has(Self.marks[0]) {
                kind = .lines(first: 0x2B, skipped: 1)
            } else if isContext, line.has("--- 1") {
                kind = .lines(first: 0x2B, skipped: 2)
            } else if line.has(Self.marks[2]), line.bytes.suffix(2).elementsEqual(" 1".utf8) {
                kind = .lines(first: 0x2B, skipped: 1)
            } else if line.has(Self.marks[3]) {
                kind = .digits
            } else {
                isContext = line.has(Self.marks[1])
                continue
            }
            isContext = false
            let hasReturn = line.next - line.contentEnd == 2
            for strips in hasReturn ? [false, true] : [false] {
                hunks.append(Hunk(kind: kind, start: line.next, stripsReturns: strips))
            }
            guard hunks.count <= Self.maximumParts else {
                throw UnpackingError(.tooLarge, "more than \(Self.maximumParts) files")
            }
        }
    }

    package var partCount: Int? { hunks.count }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < hunks.count else { return nil }
        return LayerPart(name: Array("file \(index + 1)".utf8), isGuess: true)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        guard hunks.indices.contains(index) else { return 0 }
        let hunk = hunks[index]
        switch hunk.kind {
        case .lines(let first, let skipped):
            return try unpackLines(hunk, first, skipped, into: file, limit: limit)
        case .digits: return try unpackDigits(hunk, into: file, limit: limit)
        }
    }

    private func unpackLines(
        _ hunk: Hunk, _ first: UInt8, _ skipped: Int, into file: CInt, limit: Int64
    ) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit, lineEnds: hunk.stripsReturns ? .lineFeed : nil)
        var lines = TextLines(layer, in: hunk.start..<layer.size)
        // The end of a line is written with the next one: a note may say that the last line has none. Only LF ends one.
        var (end, isNew): ([UInt8], Bool) = ([], true)
        while let line = try lines.next() {
            var text = line.bytes[...]
            if isNew {
                if text.first == 0x5C { return try writer.finish() }
                guard text.first == first else { break }
                text = text.dropFirst(skipped)
            }
            try writer.append(end)
            try writer.append(text)
            end = try layer.lineEnd(of: line)
            isNew = end.last == 0x0A
        }
        try writer.append(end)
        return try writer.finish()
    }

    private func unpackDigits(_ hunk: Hunk, into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit)
        var lines = TextLines(layer, in: hunk.start..<layer.size)
        var (isNew, rest): (Bool, [UInt8]) = (false, [])
        while let line = try lines.next() {
            if line.has("newhex") {
                isNew = true
            } else if isNew || line.bytes.first == 0x2A {
                guard line.bytes.first == 0x2A || !line.isStart else { break }
                guard isNew else { continue }
                // A long line comes in pieces, which may end between two digits of a byte.
                let digits = (line.isStart ? [] : rest) + line.bytes.compactMap(\.hexadecimalValue)
                rest = digits.count % 2 == 1 ? [digits[digits.count - 1]] : []
                try writer.append(stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] })
            } else if !line.has("oldhex") {
                break
            }
        }
        return try writer.finish()
    }

    package var unaccounted: [Range<Int64>] { [] }
}
