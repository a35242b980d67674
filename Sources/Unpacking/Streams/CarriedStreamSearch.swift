/// A search for compressed streams in a range of a layer, whatever stands around them, in order. It has one decoder of
/// zlib and one buffer: nearly all that resembles a stream of zlib fails within the first bytes.
struct CarriedStreamSearch: ~Copyable {
    /// A stream that was decoded.
    struct Stream {
        let form: ContainerForm
        let start: Int64
        /// Behind its last byte that was decoded.
        var end: Int64 = 0
        /// Its first bytes, `longestHead` at most.
        var head: [UInt8] = []
        /// How many bytes were decoded.
        var size: Int64 = 0
        /// Whether these are all, or all before damage.
        var isAll = true
    }

    /// How many bytes of a stream show what it is.
    static let headLength = 1 << 16
    private static let longestHead = 1 << 20
    private static let blockLength = 1 << 20
    /// Shorter streams of zlib may decode to an end by chance, if not to the right checksum.
    private static let fewestSummedBytes: Int64 = 48
    /// The fewest codes of `compress` that are none by chance: the next one is at most the number of those before.
    private static let fewestCodes = 24
    /// The streams of these forms that `FormFinder` sights as containers of their own.
    private static let sighted: Set<ContainerForm> = [.gzip, .bzip2, .xz, .zstd, .lzma]
    private static let sightedStreams = 4
    /// What a failed trial may take without being counted: there is at most one for two bytes.
    private static let shortTrial: Int64 = 64
    /// What a new decoder costs, in bytes that are decoded in the same time.
    private static let costOfDecoder: Int64 = 4096

    private let layer: FileSlice
    private let end: Int64
    private var block: (start: Int64, bytes: [UInt8]) = (0, [])
    /// Of the block: where the search goes on, and where it ends.
    private var (index, limit) = (0, 0)
    /// Where the next block begins.
    private var resume: Int64
    private var seen: [ContainerForm: Int] = [:]
    /// The bytes that may still be decoded of streams that are none.
    private var work: Int64
    /// The bytes that may still be decoded of streams. After them, only heads are.
    private var output: Int64
    /// Why the last stream was not decoded whose method or demand for memory its decoder refuses.
    private(set) var refusal: UnpackingError?
    private var zlib: ZlibStream
    private var buffer = [UInt8](repeating: 0, count: 1 << 16)

    /// - Parameter output: the most bytes that are decoded to find the streams' ends.
    /// - Throws: `.memory`.
    init(_ layer: FileSlice, in range: Range<Int64>, output: Int64) throws(UnpackingError) {
        (self.layer, self.output) = (layer, output)
        (resume, end) = (range.lowerBound, min(range.upperBound, layer.size))
        work = 64 << 20 + 4 * layer.size
        zlib = try ZlibStream(.zlib)
    }

    /// Returns the next stream.
    ///
    /// - Throws: `.tooLarge` if too much of what resembles a stream is none.
    mutating func next() throws(UnpackingError) -> Stream? {
        while true {
            guard let mark = StreamMarks.first(in: block.bytes, from: index, before: limit) else {
                guard try readBlock() else { return nil }
                continue
            }
            index = mark.index + 1
            guard let found = try stream(mark.form, at: block.start + Int64(mark.index)) else { continue }
            if found.end < block.start + Int64(limit) {
                index = max(index, Int(found.end - block.start))
            } else {
                (index, resume) = (limit, max(resume, found.end))
            }
            return found
        }
    }

    private mutating func readBlock() throws(UnpackingError) -> Bool {
        guard resume < end else { return false }
        let bytes = try layer.bytes(at: resume, count: Int(min(Int64(Self.blockLength), end - resume)))
        block = (resume, bytes)
        let isLast = resume + Int64(bytes.count) >= end
        (index, limit) = (0, isLast ? bytes.count : max(1, bytes.count - StreamMarks.reach))
        resume += Int64(limit)
        return !bytes.isEmpty
    }

    private mutating func stream(_ form: ContainerForm, at start: Int64) throws(UnpackingError) -> Stream? {
        var isSighted = Self.sighted.contains(form)
        // `FormFinder` looks for two zeros behind the properties.
        if form == .lzma { isSighted = try layer.bytes(at: start + 2, count: 1) == [0] }
        if isSighted, seen[form, default: 0] < Self.sightedStreams {
            let isValid = try EmbeddedHeader.length(of: form, in: layer, at: start) != nil
            if isValid { seen[form, default: 0] += 1 }
            // That of LZMA is not valid if its dictionary is too large.
            if isValid || form != .lzma { return nil }
        }
        var found = Stream(form: form, start: start)
        let most = max(Int64(Self.headLength), output)
        let (end, position) = try decode(form, at: start) { bytes throws(UnpackingError) in
            found.size += Int64(bytes.count)
            if found.head.count < Self.longestHead { found.head += bytes }
            return found.size < most
        }
        found.end = position
        found.isAll = end != .stopped
        if end != .damaged, found.size > 0 {
            output = max(0, output - found.size)
            return found
        }
        work -= form == .zlib ? max(0, position - start - Self.shortTrial) : Self.costOfDecoder + position - start
        work -= found.size / 4
        guard work > 0 else { throw UnpackingError(.tooLarge, "more bytes that resemble streams than are decoded") }
        // What other decoders wrote before damage is what a reader gets.
        guard form != .zlib, form != .compress, found.size > 0 else { return nil }
        found.end = start + 1
        return found
    }

    enum End { case whole, stopped, damaged }

    /// Decodes a stream.
    ///
    /// - Parameter write: takes the next bytes, and returns false to stop.
    /// - Returns: how it ended, and the offset behind what was decoded. A stream of LZMA whose dictionary is too large
    ///   is stopped when it has decoded to as much as a smaller one holds.
    mutating func decode(
        _ form: ContainerForm, at start: Int64, _ write: (ArraySlice<UInt8>) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) -> (end: End, position: Int64) {
        switch form {
        case .zlib: return try inflate(at: start, write)
        case .compress:
            let head = try layer.bytes(at: start, count: LZWStream.headLength)
            guard head.count == LZWStream.headLength else { return (.damaged, start) }
            var stream = LZWStream(flags: head[2])
            var isStopped = false
            let end = try stream.run(layer, from: start + Int64(LZWStream.headLength)) { bytes throws(UnpackingError) in
                isStopped = try !write(bytes)
                return !isStopped
            }
            return (isStopped ? .stopped : stream.codes > Self.fewestCodes ? .whole : .damaged, end)
        default: return try decodeByLibrary(form, at: start, write)
        }
    }

    private mutating func inflate(
        at start: Int64, _ write: (ArraySlice<UInt8>) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) -> (end: End, position: Int64) {
        try zlib.reset()
        var (input, isFull) = (block, false)
        if !(block.start..<block.start + Int64(block.bytes.count)).contains(start) { input = (start, []) }
        var used = Int(start - input.start)
        while true {
            if used == input.bytes.count, !isFull {
                let next = input.start + Int64(used)
                (input, used) = ((next, try layer.bytes(at: next, count: ZlibStream.blockLength)), 0)
                if input.bytes.isEmpty { return (.damaged, next) }
            }
            let step = try zlib.step(input.bytes, from: used, into: &buffer)
            used += step.taken
            isFull = step.made == buffer.count
            let position = input.start + Int64(used)
            switch step.end {
            case .whole: break
            case .wrongSum where position - start >= Self.fewestSummedBytes: break
            case nil: break
            default: return (.damaged, position)
            }
            let goesOn = try write(buffer[..<step.made])
            if step.end != nil { return (.whole, position) }
            if !goesOn { return (.stopped, position) }
        }
    }

    private mutating func decodeByLibrary(
        _ form: ContainerForm, at start: Int64, _ write: (ArraySlice<UInt8>) throws(UnpackingError) -> Bool
    ) throws(UnpackingError) -> (end: End, position: Int64) {
        let stream = layer[start..<layer.size]
        // A header that demands too much memory may be none.
        var isSmaller = false
        do throws(UnpackingError) {
            if form == .lzma { isSmaller = try DictionaryLimit.exceeds(stream) }
            if !isSmaller { try DictionaryLimit.check(stream, form: form) }
        } catch {
            guard error.code == .memory else { throw error }
            refusal = error
            return (.damaged, start)
        }
        var decoder = try StreamDecoder(form)
        try decoder.start()
        var (offset, size): (Int64, Int64) = (start, 0)
        while true {
            var input = try layer.bytes(at: offset, count: 1 << 16)
            if isSmaller, offset == start { DictionaryLimit.setSmaller(in: &input) }
            var used = 0
            repeat {
                let step = decoder.decode(input, from: used, into: &buffer)
                used += step.taken
                size += Int64(step.made)
                let position = offset + Int64(used)
                let goesOn = try write(buffer[..<step.made])
                switch step.result {
                case .end: return (.whole, position)
                case _ where !goesOn || isSmaller && size >= DictionaryLimit.smaller: return (.stopped, position)
                case .memory, .unsupported:
                    refusal = UnpackingError(.method, "a packed stream demands more than its decoder has")
                    return (.damaged, position)
                case .more where step.taken + step.made > 0: continue
                case .more where used == input.count && !input.isEmpty: continue
                default: return (.damaged, position)
                }
            } while used < input.count
            offset += Int64(used)
        }
    }
}
