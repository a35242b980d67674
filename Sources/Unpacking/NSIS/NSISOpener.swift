/// The files of an NSIS installer: every block of its data, whether the script takes it out or not. Blocks follow each
/// other, so all unpacked bytes belong to one. An uninstaller is put together from the installer's own program, a block
/// of changes to it, and the next block.
///
/// Source: `Source/exehead/fileform.h` of NSIS 3; what 7-Zip accepts beyond it.
package struct NSISOpener: LayerOpener, ~Copyable {
    private static let longestScript: UInt64 = 32 << 20
    private static let longestKept: Int64 = 4 << 20
    private static let isPacked: UInt64 = 1 << 31

    private let layer: FileSlice
    private let start: Int64
    private let header: NSISHeader
    private let packing: NSISPacking
    /// What follows the first header, down to the end that it declares, without the checksum.
    private let data: FileSlice
    private var script: NSISScript?
    /// The stream with all blocks of a solid installer.
    private var stream: NSISStream?
    private var block: Block?
    private var starts: Set<Int64> = []
    /// Where the next block begins: in the data, or in the unpacked stream. The first block has the offset 0.
    private var position: Int64 = 0
    private var firstBlock: Int64 = 0
    private var uninstaller = Uninstaller()
    private var isFailed = false
    private var rest: [Range<Int64>]

    private struct Block {
        let number: Int
        let offset: Int64
        /// Bytes as they are stored.
        let length: Int64
        let isPacked: Bool
    }

    private struct Uninstaller {
        /// The changes, in the block that was unpacked last.
        var changes: [UInt8]?
        /// The whole file, ready to be written.
        var file: [UInt8]?
        /// Whether `file` is the current part.
        var isCurrent = false
    }

    /// - Parameters:
    ///   - layer: where the installer stands.
    ///   - range: from its first header to its declared end.
    /// - Throws: `.malformed` if the first header is none; `.memory` if the script is too long.
    package init(_ layer: FileSlice, in range: Range<Int64>) throws(UnpackingError) {
        let bytes = layer[range]
        guard let header = NSISHeader(try bytes.bytes(at: 0, count: NSISHeader.length)) else {
            throw UnpackingError(.malformed, "no header of NSIS")
        }
        guard header.scriptLength <= Self.longestScript else {
            throw UnpackingError(.memory, "a script of \(header.scriptLength) bytes")
        }
        let end = min(header.size, bytes.size) - (header.hasSum && header.size <= bytes.size ? 4 : 0)
        let data = bytes[Int64(NSISHeader.length)..<max(Int64(NSISHeader.length), end)]
        let head = try data.bytes(at: 0, count: NSISPacking.length)
        (self.layer, start, self.header, self.data) = (layer, range.lowerBound, header, data)
        packing = NSISPacking(head, headerLength: header.scriptLength)
        rest = header.size < bytes.size ? [header.size..<bytes.size] : []
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        guard !isFailed else { throw UnpackingError(.malformed, "what follows a damaged block") }
        if uninstaller.file != nil {
            uninstaller.isCurrent = true
            return LayerPart("the uninstaller")
        }
        do throws(UnpackingError) {
            if script == nil { try readScript() }
            try skipBlock()
            block = try packing.isSolid ? nextInStream() : nextInFile()
            guard let block else {
                try finish()
                return nil
            }
            starts.insert(block.offset)
            return LayerPart("file \(block.number)", size: block.isPacked ? nil : block.length)
        } catch {
            isFailed = true
            throw error
        }
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        if uninstaller.isCurrent {
            let bytes = uninstaller.file ?? []
            uninstaller = Uninstaller()
            guard Int64(bytes.count) <= limit else { throw UnpackingError(.tooLarge, "an uninstaller") }
            try writeScratch(bytes[...], to: file, at: 0)
            return Int64(bytes.count)
        }
        guard let block else { return 0 }
        do throws(UnpackingError) {
            var writer = ScratchWriter(file, limit: limit)
            var kept: [UInt8]? = []
            func take(_ bytes: ArraySlice<UInt8>) throws(UnpackingError) {
                try writer.append(bytes)
                if writer.count > Self.longestKept { kept = nil } else { kept?.append(contentsOf: bytes) }
            }
            if packing.isSolid {
                try unpackFromStream(block, take)
            } else {
                try unpackFromFile(block, take)
            }
            try noteUninstaller(kept)
            return try writer.finish()
        } catch {
            isFailed = true
            throw error
        }
    }

    /// Bytes behind packed streams, and behind the declared end.
    package var unaccounted: [Range<Int64>] { rest }

    // MARK: Blocks

    private mutating func readScript() throws(UnpackingError) {
        let length = Int(header.scriptLength)
        if packing.isSolid {
            var opened = try NSISStream(data, packing)
            guard try opened.read(4).number(4, at: 0) == header.scriptLength else {
                throw UnpackingError(.malformed, "a script of another length than declared")
            }
            script = try NSISScript(opened.read(length))
            position = opened.count
            stream = consume opened
        } else {
            let word = try data.bytes(at: 0, count: 4).number(4, at: 0)
            let packed = Int64(word & ~Self.isPacked)
            guard 4 + packed <= data.size else { throw UnpackingError(.truncated, "an NSIS script without an end") }
            var opened = try NSISStream(
                data[4..<4 + packed], word & Self.isPacked == 0 ? .stored : packing)
            script = try NSISScript(opened.read(length))
            position = 4 + packed
        }
        firstBlock = position
    }

    private func nextInFile() throws(UnpackingError) -> Block? {
        guard position < data.size else { return nil }
        let word = try data.bytes(at: position, count: 4)
        guard word.count == 4 else { throw UnpackingError(.truncated, "an NSIS block without a length") }
        let length = Int64(word.number(4, at: 0) & ~Self.isPacked)
        guard length <= data.size - position - 4 else {
            throw UnpackingError(.truncated, "an NSIS block without an end")
        }
        return Block(
            number: starts.count + 1, offset: position - firstBlock, length: length,
            isPacked: word.number(4, at: 0) & Self.isPacked != 0)
    }

    private mutating func nextInStream() throws(UnpackingError) -> Block? {
        guard var opened = stream.take() else { return nil }
        let offset = opened.count - firstBlock
        guard try !opened.isAtEnd() else {
            let end = opened.end
            if end < data.size { rest.append(range(inData: end..<data.size)) }
            return nil
        }
        let length = Int64(try opened.read(4).number(4, at: 0))
        stream = consume opened
        return Block(number: starts.count + 1, offset: offset, length: length, isPacked: false)
    }

    /// Moves behind the current block.
    private mutating func skipBlock() throws(UnpackingError) {
        guard let block else { return }
        if !packing.isSolid { position = firstBlock + block.offset + 4 + block.length }
        self.block = nil
    }

    private mutating func unpackFromStream(
        _ block: Block, _ take: (ArraySlice<UInt8>) throws(UnpackingError) -> Void
    ) throws(UnpackingError) {
        guard var opened = stream.take() else { throw UnpackingError(.malformed, "an NSIS stream that has ended") }
        var left = block.length
        while left > 0 {
            let bytes = try opened.next(limit: Int(min(left, 1 << 16)))
            guard !bytes.isEmpty else { throw UnpackingError(.truncated, "an NSIS stream ends early") }
            try take(bytes)
            left -= Int64(bytes.count)
        }
        stream = consume opened
    }

    private mutating func unpackFromFile(
        _ block: Block, _ take: (ArraySlice<UInt8>) throws(UnpackingError) -> Void
    ) throws(UnpackingError) {
        guard !block.isPacked || packing.method != .stored else {
            throw UnpackingError(.method, "a packed block in an installer that packs nothing")
        }
        let first = firstBlock + block.offset + 4
        var opened = try NSISStream(
            data[first..<first + block.length], block.isPacked ? packing : .stored)
        while true {
            let bytes = try opened.next(limit: 1 << 16)
            if bytes.isEmpty { break }
            try take(bytes)
        }
        let end = first + opened.end
        if end < first + block.length { rest.append(range(inData: end..<first + block.length)) }
    }

    /// The script must not take a file out of the middle of a block.
    private func finish() throws(UnpackingError) {
        guard header.size <= Int64(NSISHeader.length) + data.size + 4 else {
            throw UnpackingError(.truncated, "an NSIS installer is shorter than it declares")
        }
        guard let script, script.offsets.isSubset(of: starts) else {
            throw UnpackingError(.malformed, "a script that takes a file from where no block begins")
        }
    }

    /// A range of the data, counted from the first header.
    private func range(inData range: Range<Int64>) -> Range<Int64> {
        let shift = Int64(NSISHeader.length)
        return range.lowerBound + shift..<range.upperBound + shift
    }

    // MARK: Uninstaller

    /// Puts an uninstaller together if the block before had the changes to the program.
    private mutating func noteUninstaller(_ block: [UInt8]?) throws(UnpackingError) {
        guard start > 0, start <= Self.longestKept, let block else { return uninstaller = Uninstaller() }
        if let changes = uninstaller.changes {
            var program = try layer.bytes(at: 0, count: Int(start))
            for (offset, bytes) in NSISChanges(changes, programLength: program.count)?.changes ?? [] {
                program.replaceSubrange(offset..<offset + bytes.count, with: bytes)
            }
            uninstaller.file = program + block
        }
        uninstaller.changes = NSISChanges(block, programLength: Int(start)) == nil ? nil : block
    }
}

/// The changes that make an uninstaller's program of the installer's: lengths, offsets and bytes, with a length of zero
/// at the end.
private struct NSISChanges {
    private(set) var changes: [(offset: Int, bytes: ArraySlice<UInt8>)] = []

    /// Returns nil if the block is something else.
    init?(_ block: [UInt8], programLength: Int) {
        var place = 0
        while true {
            guard place + 4 <= block.count else { return nil }
            let length = Int(block.number(4, at: place))
            if length == 0 {
                guard place + 4 == block.count, !changes.isEmpty else { return nil }
                return
            }
            let offset = Int(block.number(4, at: place + 4))
            guard length <= block.count - place - 8, offset <= programLength, length <= programLength - offset else {
                return nil
            }
            changes.append((offset, block[place + 8..<place + 8 + length]))
            place += 8 + length
        }
    }
}
