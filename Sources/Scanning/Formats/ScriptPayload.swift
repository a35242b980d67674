import Glibc
import Unpacking

/// An archive after a script that unpacks it (`tail -n +20 "$0" | tar xz`). The engine treats all of it as text.
enum ScriptPayload {
    /// Containers whose magic numbers do not occur in a script by chance.
    private static let forms: Set<ContainerForm> = [
        .gzip, .bzip2, .xz, .zstd, .lz4, .lzip, .tar, .cpio, .ar, .zip, .sevenZip, .rar, .rar5, .cab, .xar,
        .compress, .lzop, .lzma,
    ]

    private static let blockLength = 1 << 20
    /// How far a payload is searched. Installers have some ten kilobytes of script.
    private static let maximumScriptLength: Int64 = 16 << 20
    /// How many lines that are not text are checked for a magic number.
    private static let maximumLines = 5000
    /// How many bytes of a line detection needs: a tar header is the longest.
    private static let detectionLength = 512

    /// Returns a readable container that begins at the start of a line, in a file that begins as a script, or nil.
    static func find(
        in descriptor: CInt, offset: Int64, size: Int64
    ) -> (offset: Int64, form: ContainerForm)? {
        let file = FileSlice(descriptor: descriptor, start: offset, size: size)
        guard (try? file.bytes(at: 0, count: 2)) == [0x23, 0x21] else { return nil }
        let end = min(size, maximumScriptLength)
        var searched: Int64 = 0
        var lines = 0
        while searched < end {
            guard let block = try? file.bytes(at: searched, count: blockLength) else { return nil }
            // A line that begins near the block's end is checked with the next block.
            let isLast = searched + Int64(block.count) == size
            let searchEnd = isLast ? block.count : block.count - detectionLength
            var next = 0
            while let newline = Self.newline(in: block, from: next, to: searchEnd), lines < maximumLines {
                next = newline + 1
                let line = Array(block[next..<min(block.count, next + detectionLength)])
                guard !isText(line) else { continue }
                lines += 1
                let start = searched + Int64(next)
                guard let form = ContainerForm(startingWith: line), forms.contains(form) else { continue }
                if let begin = readableStart(descriptor, offset, start, size, form) { return (begin, form) }
                // If the magic number alone is conclusive, unpacking will report what is wrong.
                if hasConclusiveMagic(line, form) { return (offset + start, form) }
            }
            if lines >= maximumLines { return nil }
            searched += Int64(max(1, searchEnd))
        }
        return nil
    }

    private static func newline(in block: [UInt8], from start: Int, to end: Int) -> Int? {
        guard start < end else { return nil }
        return unsafe block.withUnsafeBytes { bytes in
            let base = bytes.baseAddress!
            return unsafe memchr(base + start, 0x0A, end - start).map { unsafe UnsafeRawPointer($0) - base }
        }
    }

    /// Whether no byte is invalid in text. Scripts may contain terminal escape sequences.
    private static func isText(_ line: [UInt8]) -> Bool {
        line.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (7...13).contains($0) || $0 == 0x1B }
    }

    private static func hasConclusiveMagic(_ line: [UInt8], _ form: ContainerForm) -> Bool {
        switch form {
        case .sevenZip, .xz, .zstd, .rar, .rar5, .cab, .lzop: true
        // After the magic number of two bytes: the only method, and flags with three reserved bits.
        case .gzip: line.count > 3 && line[2] == 8 && line[3] & 0xE0 == 0
        // After the magic number of four bytes: that of the first block.
        case .bzip2: line.dropFirst(4).starts(with: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
        default: false
        }
    }

    /// Returns the offset at which the container can be read: a first member can be listed, and a byte of a single
    /// stream unpacked. A ZIP is read from its end, and its offsets may count the script.
    private static func readableStart(
        _ descriptor: CInt, _ offset: Int64, _ start: Int64, _ size: Int64, _ form: ContainerForm
    ) -> Int64? {
        for begin in form == .zip ? [0, start] : [start] {
            guard
                var archive = try? Archive(
                    descriptor: descriptor, offset: offset + begin, size: size - begin, form: form)
            else { continue }
            do throws(UnpackingError) {
                guard try archive.next() != nil else { continue }
                var first: [UInt8] = [0]
                if !form.isSingleStream { return offset + begin }
                if try archive.read(into: &first) > 0 { return offset + begin }
            } catch {
                if error.code == .encrypted { return offset + begin }
            }
        }
        return nil
    }
}
