import Glibc
import Unpacking

/// An archive behind a script that unpacks it (`tail -n +20 "$0" | tar xz`): to the engine all of it is text.
enum ScriptPayload {
    /// Containers whose marks do not stand in a script's data by chance.
    private static let forms: Set<ContainerForm> = [
        .gzip, .bzip2, .xz, .zstd, .lz4, .lzip, .tar, .cpio, .ar, .zip, .sevenZip, .rar, .rar5, .cab, .xar,
    ]

    private static let blockLength = 1 << 20
    /// How far behind a script's beginning a payload is looked for. Installers have some ten kilobytes of script.
    private static let longestScript: Int64 = 16 << 20
    /// Lines that are no text, of which the mark of a container is wanted.
    private static let mostLines = 5000
    /// Bytes of a line that tell its form: tar's header is the longest.
    private static let decidingLength = 512

    /// Where a container begins that can be opened, at the beginning of a line of what begins as a script; nil where there
    /// is none.
    static func find(
        in descriptor: CInt, offset: Int64, size: Int64
    ) -> (offset: Int64, form: ContainerForm)? {
        let file = FileSlice(descriptor: descriptor, start: offset, size: size)
        guard (try? file.bytes(at: 0, count: 2)) == [0x23, 0x21] else { return nil }
        let end = min(size, longestScript)
        var place: Int64 = 0
        var lines = 0
        while place < end {
            guard let block = try? file.bytes(at: place, count: blockLength) else { return nil }
            // A line that begins at the block's end is looked at with the next one.
            let isLast = place + Int64(block.count) == size
            let reach = isLast ? block.count : block.count - decidingLength
            var next = 0
            while let newline = Self.newline(in: block, from: next, to: reach), lines < mostLines {
                next = newline + 1
                let line = Array(block[next..<min(block.count, next + decidingLength)])
                guard !isText(line) else { continue }
                lines += 1
                let start = place + Int64(next)
                guard let form = ContainerForm(startingWith: line), forms.contains(form) else { continue }
                if let begin = opens(descriptor, offset, start, size, form) { return (begin, form) }
                // Where the mark alone is proof enough, going through it will tell what is wrong.
                if hasLongMark(line, form) { return (offset + start, form) }
            }
            if lines >= mostLines { return nil }
            place += Int64(max(1, reach))
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

    /// Whether there is none of the bytes that no text has. Escape sequences of terminals stand in scripts.
    private static func isText(_ line: [UInt8]) -> Bool {
        line.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (7...13).contains($0) || $0 == 0x1B }
    }

    private static func hasLongMark(_ line: [UInt8], _ form: ContainerForm) -> Bool {
        switch form {
        case .sevenZip, .xz, .zstd, .rar, .rar5, .cab: true
        // Behind the mark of two bytes, the one method that there is, and flags of which three are reserved.
        case .gzip: line.count > 3 && line[2] == 8 && line[3] & 0xE0 == 0
        // Behind the mark of four bytes, that of the first block.
        case .bzip2: line.dropFirst(4).starts(with: [0x31, 0x41, 0x59, 0x26, 0x53, 0x59])
        default: false
        }
    }

    /// Where the container is to be opened so that a first member can be listed, and of a single stream a byte be unpacked;
    /// nil where that can't be. A ZIP goes by its end,
    /// and its offsets may count the script.
    private static func opens(
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
