/// What a compressed stream decodes to, with the streams that follow it: most readers join them into one file. Some
/// stop behind the first one, so of several the first is a part of its own as well. Some stop at zeros, so what follows
/// zeros is left unaccounted although it is joined.
///
/// What was decoded before damage is in the scratch file when `unpack` throws: a reader that reports damage has written
/// it as well.
package struct StreamOpener: LayerOpener, ~Copyable {
    /// The forms that it decodes.
    package static let forms: Set<ContainerForm> = [.gzip, .bzip2, .xz, .lzma, .lzip, .zstd]

    private static let blockLength = 1 << 17
    /// For the first byte of a stream: a search asks at thousands of places.
    private static let shortBlock = 1 << 12
    private static let maximumIdleSteps = 16

    private let layer: FileSlice
    private let form: ContainerForm
    private var decoder: StreamDecoder
    private var stage = Stage.start
    /// How many streams with bytes were decoded.
    private var count = 0
    /// Where a stream follows that zeros separate from the one before: the first of them.
    private var gap: Int64?
    /// How far the layer was decoded.
    private var position: Int64 = 0
    /// A block of the layer that contains `position`, and where it begins.
    private var input: (start: Int64, bytes: [UInt8]) = (0, [])
    private var output: [UInt8]
    /// How many bytes all streams decoded to.
    private var size: Int64 = 0
    /// The size that is decoded with in place of the header's dictionary, which is too large and of a header that may
    /// be none. Nil if the header is taken as it is.
    private var smallerDictionary: Int64?

    private enum Stage { case start, all, first, ended }

    /// - Throws: `.memory` if the header demands more than the limit, and bytes that are no stream would not resemble
    ///   it.
    package init(_ layer: FileSlice, form: ContainerForm) throws(UnpackingError) {
        try self.init(layer, form, blockLength: Self.blockLength)
    }

    private init(_ layer: FileSlice, _ form: ContainerForm, blockLength: Int) throws(UnpackingError) {
        (self.layer, self.form) = (layer, form)
        output = [UInt8](repeating: 0, count: blockLength)
        let smaller = try Self.smallerDictionary(for: layer, form)
        decoder = try StreamDecoder(form)
        smallerDictionary = smaller
    }

    private static func smallerDictionary(
        for layer: FileSlice, _ form: ContainerForm
    ) throws(UnpackingError) -> Int64? {
        if form == .lzma, try DictionaryLimit.exceeds(layer), try !isCommonLZMA(layer) {
            return DictionaryLimit.smaller
        }
        try DictionaryLimit.check(layer, form: form)
        return nil
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        switch stage {
        case .start: stage = .all
        case .all where count > 1: stage = .first
        default: stage = .ended
        }
        return stage == .ended ? nil : LayerPart(stage == .all ? "the stream" : "the first stream")
    }

    /// Whether the current part is the first of several streams, and may end within whatever it holds.
    package var isFirstOfSeveral: Bool { stage == .first }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        let end = position
        (position, size) = (0, 0)
        repeat {
            let before = size
            try decodeStream(limit: limit) { bytes, offset throws(UnpackingError) in
                try writeScratch(bytes, to: file, at: offset)
            }
            if stage == .all, size > before { count += 1 }
        } while stage == .all ? try moveToNext() : size == 0 && position < end ? try moveToNext() : false
        if stage == .first { position = end }
        return size
    }

    /// The bytes behind the last stream, and those behind zeros between two streams.
    package var unaccounted: [Range<Int64>] {
        let rests = layer.rests(behind: position)
        guard let gap, let next = try? layer.firstNonzeroOffset(in: gap..<position) else { return rests }
        return [next..<layer.size] + rests
    }

    /// Whether a first byte decodes, or the stream is whole and empty.
    static func decodes(_ layer: FileSlice, _ form: ContainerForm) -> Bool {
        guard var opener = try? StreamOpener(layer, form, blockLength: shortBlock) else { return false }
        do throws(UnpackingError) {
            try opener.decodeStream(limit: 0) { _, _ in }
            return true
        } catch {
            return error.code == .tooLarge
        }
    }

    /// Whether a header of .lzma is one that nearly all encoders write: its properties, a dictionary of at least 4 KiB
    /// whose size is one or two bits, and a size that a file can have.
    package static func isCommonLZMA(_ layer: FileSlice) throws(UnpackingError) -> Bool {
        let head = FileStart(bytes: try layer.bytes(at: 0, count: 14))
        return head[0] == 0x5D && head.number(4, at: 1) >= 4096 && head.hasCommonDictionary && head.hasCommonLZMASize
    }

    /// Decodes one stream.
    ///
    /// - Throws: `.tooLarge` before the decoded bytes become more than `limit`.
    private mutating func decodeStream(
        limit: Int64, _ write: (ArraySlice<UInt8>, Int64) throws(UnpackingError) -> Void
    ) throws(UnpackingError) {
        try decoder.start()
        var idle = 0
        while true {
            let used = try readInput()
            let step = decoder.decode(input.bytes, from: used, into: &output)
            position += Int64(step.taken)
            if step.made > 0 {
                guard size + Int64(step.made) <= limit else {
                    throw UnpackingError(.tooLarge, "a stream of more than \(limit) bytes")
                }
                try write(output[..<step.made], size)
                size += Int64(step.made)
                // From here on the stream could refer to bytes that the smaller dictionary has dropped.
                if let smallerDictionary, size >= smallerDictionary {
                    throw UnpackingError(.memory, "more bytes than a dictionary of \(smallerDictionary) bytes holds")
                }
            }
            switch step.result {
            case .end: return
            case .damaged: throw UnpackingError(.malformed, "damaged \(form.displayName) data at \(position)")
            case .unsupported: throw UnpackingError(.method, "a method, dictionary or check of \(form.displayName)")
            case .memory: throw UnpackingError(.memory, "\(form.displayName) demands more memory than it may use")
            case .more where step.taken == 0 && step.made == 0:
                if position >= layer.size { throw UnpackingError(.truncated, "\(form.displayName) has no end") }
                idle += 1
                guard idle < Self.maximumIdleSteps else {
                    throw UnpackingError(.malformed, "\(form.displayName) makes no progress")
                }
            case .more: idle = 0
            }
        }
    }

    /// Returns the place of `position` in the block, after reading another one if need be.
    private mutating func readInput() throws(UnpackingError) -> Int {
        let used = position - input.start
        if used < input.bytes.count { return Int(used) }
        input = (position, try layer.bytes(at: position, count: output.count))
        if smallerDictionary != nil, position == 0 { DictionaryLimit.setSmaller(in: &input.bytes) }
        return 0
    }

    /// Moves to the stream that readers join to the one before. Zeros may stand between streams of xz, and behind those
    /// of gzip.
    private mutating func moveToNext() throws(UnpackingError) -> Bool {
        guard form != .lzma else { return false }
        var start = position
        if try layer.bytes(at: start, count: 1) == [0] {
            guard let next = try layer.firstNonzeroOffset(in: start..<layer.size) else { return false }
            start = next
        }
        guard isStart(FileStart(bytes: try layer.bytes(at: start, count: 6))) else { return false }
        // Zeros in fours are padding of xz.
        if start > position, gap == nil, form != .xz || (start - position) % 4 != 0 { gap = position }
        position = start
        return true
    }

    private func isStart(_ head: FileStart) -> Bool {
        switch form {
        // Some readers do not look at the magic number of the next one.
        case .gzip: head.has([0x8B, 8], at: 1) || head[0] == 0x1F && head[2] == 8 && head[3] & 0xE0 == 0
        case .bzip2: head.has("BZh")
        case .xz: head.has([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0])
        case .lzip: head.has("LZIP")
        case .zstd:
            head.has([0x28, 0xB5, 0x2F, 0xFD]) || head[0] & 0xF0 == 0x50 && head.has([0x2A, 0x4D, 0x18], at: 1)
        default: false
        }
    }
}
