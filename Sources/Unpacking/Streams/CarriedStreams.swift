/// Compressed streams whose marks are too weak to be containers of their own, anywhere in bytes of another form: values
/// of saved objects, chunks of arrays, data of games. A stream of zlib counts if it decodes to its end.
///
/// Honest files have thousands of them. What they decode to is one part, one behind the other, in which containers are
/// searched for again; only a stream that begins as a container is a part of its own. The part has a bound that goes by
/// the layer's size, so that packed measurements are not matched for longer than their file: beyond it, only the head
/// of a stream is decoded.
package struct CarriedStreams: LayerOpener {
    private static let blockLength = 1 << 20
    /// How many bytes of a stream show whether it is a container.
    private static let headLength = 1 << 16
    private static let maximumContainers = 1000
    /// Shorter streams of zlib may decode to an end by chance, if not to the right checksum.
    private static let fewestSummedBytes: Int64 = 48
    /// The fewest codes of `compress` that are none by chance: the next one is at most the number of those before.
    private static let fewestCodes = 24
    /// The streams of these forms that `FormFinder` sights as containers of their own.
    private static let sighted: Set<ContainerForm> = [.gzip, .bzip2, .xz, .zstd, .lzma]
    static let sightedStreams = 4
    private static let leastOutput: Int64 = 32 << 20
    private static let largestOutput: Int64 = 1 << 30
    /// What decoding of a stream that is none costs beside its bytes.
    private static let costOfTrial: Int64 = 256

    private let layer: FileSlice
    private var containers: [(form: ContainerForm, start: Int64)] = []
    /// -1 is the joined part.
    private var index = -2
    private var seen: [ContainerForm: Int] = [:]
    /// The bytes that may still be decoded of streams that are none.
    private var work: Int64

    package init(_ layer: FileSlice) {
        self.layer = layer
        work = 64 << 20 + 4 * layer.size
    }

    /// Where the first stream begins, or nil.
    static func first(in layer: FileSlice, _ range: Range<Int64>) throws(UnpackingError) -> Int64? {
        var streams = CarriedStreams(layer)
        var found: Int64?
        try streams.search(range) { _, start, _ throws(UnpackingError) in
            found = start
            return nil
        }
        return found
    }

    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        guard index < containers.count else { return nil }
        return LayerPart(name: Array("the streams".utf8), isGuess: true)
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit)
        if index >= 0 {
            let (form, start) = containers[index]
            _ = try decode(form, at: start) { bytes throws(UnpackingError) in
                try writer.append(bytes)
                return true
            }
            return try writer.finish()
        }
        let most = min(limit - 1, Self.largestOutput, Self.leastOutput + layer.size)
        var found: [(ContainerForm, Int64)] = []
        try search(0..<layer.size) { form, start, whole throws(UnpackingError) in
            if Self.isContainer(whole.head) {
                guard found.count < Self.maximumContainers else {
                    throw UnpackingError(.tooLarge, "more than \(Self.maximumContainers) packed containers")
                }
                found.append((form, start))
            } else if writer.count + Int64(whole.head.count) < most {
                try writer.append(whole.head)
                // A line begins with the next one.
                try writer.append(0x0A)
            }
            return whole.end
        }
        containers = found.map { (form: $0.0, start: $0.1) }
        return try writer.finish()
    }

    package var unaccounted: [Range<Int64>] { [] }

    /// A stream that was decoded to its end: where that is, and its content, or the head of a long one.
    private struct Whole {
        var head: [UInt8] = []
        var end: Int64 = 0
    }

    /// Whether bytes begin as a container, other than as a stream or a carrier of other files, which are found anywhere.
    private static func isContainer(_ head: [UInt8]) -> Bool {
        if head.starts(with: Array("%PDF-".utf8)) || head.starts(with: [0x7F, 0x45, 0x4C, 0x46]) { return true }
        let start = Array(head.prefix(headLength))
        return ContainerForm.forms(startingWith: start).contains { !FormFinder.mayBeChance.contains($0) || $0 == .rtf }
    }

    /// Hands out the streams in a range, in order. The body returns where the search goes on, or nil to end it.
    ///
    /// - Throws: `.tooLarge` if too much of what resembles a stream is none.
    private mutating func search(
        _ range: Range<Int64>,
        _ body: (ContainerForm, Int64, Whole) throws(UnpackingError) -> Int64?
    ) throws(UnpackingError) {
        var offset = range.lowerBound
        let end = min(range.upperBound, layer.size)
        while offset < end {
            let block = try layer.bytes(at: offset, count: Int(min(Int64(Self.blockLength), end - offset)))
            let isLast = offset + Int64(block.count) >= end
            let limit = isLast ? block.count : max(1, block.count - StreamMarks.reach)
            var (index, next) = (0, offset + Int64(limit))
            while let mark = StreamMarks.first(in: block, from: index, before: limit) {
                index = mark.index + 1
                let start = offset + Int64(mark.index)
                guard let whole = try stream(mark.form, at: start, block, mark.index) else { continue }
                guard let after = try body(mark.form, start, whole) else { return }
                guard after < next else {
                    next = after
                    break
                }
                index = max(index, Int(after - offset))
            }
            offset = max(offset + 1, next)
        }
    }

    private mutating func stream(
        _ form: ContainerForm, at start: Int64, _ block: [UInt8], _ index: Int
    ) throws(UnpackingError) -> Whole? {
        // Nearly all that resembles a stream of zlib fails within the first bytes.
        if form == .zlib {
            let some = Array(block[index..<min(block.count, index + 512)])
            if case .damaged(let count) = ZlibStream.probe(some) {
                work -= Self.costOfTrial + Int64(count)
                try checkWork()
                return nil
            }
        }
        if Self.sighted.contains(form), seen[form, default: 0] < Self.sightedStreams,
            form != .lzma || block.count > index + 2 && block[index + 2] == 0
        {
            if try EmbeddedHeader.length(of: form, in: layer, at: start) != nil { seen[form, default: 0] += 1 }
            return nil
        }
        var whole = Whole()
        var size: Int64 = 0
        let (isWhole, end) = try decode(form, at: start) { bytes throws(UnpackingError) in
            size += Int64(bytes.count)
            if whole.head.count < Self.blockLength { whole.head += bytes }
            return true
        }
        whole.end = end
        if isWhole, size > 0 { return whole }
        work -= Self.costOfTrial + (end - start) + size / 4
        try checkWork()
        // What other decoders wrote before damage is what a reader gets.
        guard form != .zlib, form != .compress, size > 0 else { return nil }
        whole.end = start + 1
        return whole
    }

    private func checkWork() throws(UnpackingError) {
        guard work > 0 else { throw UnpackingError(.tooLarge, "more bytes that resemble streams than are decoded") }
    }

    /// Decodes a stream.
    ///
    /// - Returns: whether it has its end, and where it ends.
    private func decode(
        _ form: ContainerForm, at start: Int64, _ write: (ArraySlice<UInt8>) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) -> (isWhole: Bool, end: Int64) {
        let layer = layer
        switch form {
        case .zlib:
            var stream = try ZlibStream(.zlib)
            let (end, position) = try stream.run(
                from: start, reading: { offset throws(UnpackingError) in try layer.bytes(at: offset, count: 1 << 16) },
                writing: write)
            return (end == .whole || end == .wrongSum && position - start >= Self.fewestSummedBytes, position)
        case .compress:
            let head = try layer.bytes(at: start, count: LZWStream.headLength)
            guard head.count == LZWStream.headLength else { return (false, start) }
            var stream = LZWStream(flags: head[2])
            let end = try stream.run(layer, from: start + Int64(LZWStream.headLength), writing: write)
            return (stream.codes > Self.fewestCodes, end)
        default: break
        }
        try DictionaryLimit.check(layer[start..<layer.size], form: form)
        var decoder = try StreamDecoder(form)
        try decoder.start()
        var (offset, output) = (start, [UInt8](repeating: 0, count: 1 << 16))
        while true {
            let input = try layer.bytes(at: offset, count: 1 << 16)
            var used = 0
            repeat {
                let step = decoder.decode(input, from: used, into: &output)
                used += step.taken
                if step.made > 0, try !write(output[..<step.made]) { return (false, offset + Int64(used)) }
                switch step.result {
                case .end: return (true, offset + Int64(used))
                case .more where step.taken + step.made > 0: continue
                case .more where used == input.count && !input.isEmpty: continue
                default: return (false, offset + Int64(used))
                }
            } while used < input.count
            offset += Int64(used)
        }
    }
}
