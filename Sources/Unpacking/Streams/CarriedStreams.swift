/// Compressed streams whose marks are too weak to be containers of their own, anywhere in bytes of another form: values
/// of saved objects, chunks of arrays, data of games. A stream of zlib counts if it decodes to its end.
///
/// Honest files have thousands of them. What they decode to is one part, one behind the other, in which containers are
/// searched for again; only a stream that begins as a container or a program is a part of its own.
///
/// The part has two bounds. Packed measurements are not matched for longer than their file: beyond a size that goes by
/// the layer's, only the first bytes of binary contents are joined, and the rest is a leaf, as no ordinary software
/// runs what is neither a text nor has a form. Texts are joined to the end; what is left out of one is a gap.
package struct CarriedStreams: LayerOpener, ~Copyable {
    private static let maximumContainers = 1000
    private static let leastBinary: Int64 = 32 << 20
    private static let largestOutput: Int64 = 1 << 30
    /// What is joined of binary contents in any case.
    private static let binaryHead: Int64 = 4096

    private let layer: FileSlice
    private var search: CarriedStreamSearch
    private var containers: [(form: ContainerForm, start: Int64)] = []
    /// -1 is the joined part.
    private var index = -2
    private var isTextLeftOut = false

    /// - Throws: `.memory`.
    package init(_ layer: FileSlice) throws(UnpackingError) {
        self.layer = layer
        search = try CarriedStreamSearch(layer, in: 0..<layer.size, output: 256 << 20 + 8 * layer.size)
    }

    /// Where the first stream begins, or nil. A long one counts if its first bytes decode.
    static func first(in layer: FileSlice, _ range: Range<Int64>) throws(UnpackingError) -> Int64? {
        var search = try CarriedStreamSearch(layer, in: range, output: 16 << 20)
        do throws(UnpackingError) {
            return try search.next()?.start
        } catch {
            // The opener reports it, and the layer's other forms are opened.
            guard error.code == .tooLarge || error.code == .memory else { throw error }
            return range.lowerBound
        }
    }

    /// - Throws: behind the last part, `.tooLarge` if a text was left out, `.memory` or `.method` if a stream was.
    package mutating func next() throws(UnpackingError) -> LayerPart? {
        index += 1
        if index < containers.count { return LayerPart(name: Array("the streams".utf8), isGuess: true) }
        if isTextLeftOut { throw UnpackingError(.tooLarge, "more packed texts than are inspected") }
        if let refusal = search.refusal { throw refusal }
        return nil
    }

    package mutating func unpack(into file: CInt, limit: Int64) throws(UnpackingError) -> Int64 {
        var writer = ScratchWriter(file, limit: limit)
        if index >= 0 {
            let (form, start) = containers[index]
            let (end, _) = try search.decode(form, at: start) { bytes throws(UnpackingError) in
                try writer.append(bytes)
                return true
            }
            if end == .stopped { throw UnpackingError(.memory, "more packed bytes than its dictionary may hold") }
            return try writer.finish()
        }
        var found: [(ContainerForm, Int64)] = []
        while let stream = try search.next() {
            guard Self.isContainer(stream.head) else {
                try join(stream, to: &writer, limit: limit)
                continue
            }
            guard found.count < Self.maximumContainers else {
                throw UnpackingError(.tooLarge, "more than \(Self.maximumContainers) packed containers")
            }
            found.append((stream.form, stream.start))
        }
        containers = found.map { (form: $0.0, start: $0.1) }
        return try writer.finish()
    }

    package var unaccounted: [Range<Int64>] { [] }

    private mutating func join(
        _ stream: CarriedStreamSearch.Stream, to writer: inout ScratchWriter, limit: Int64
    ) throws(UnpackingError) {
        // A line begins with the next one.
        let longest = min(limit, Self.largestOutput) - writer.count - 1
        let isBinary = !Self.isText(stream.head)
        let room = isBinary ? max(Self.leastBinary + layer.size - writer.count, Self.binaryHead) : .max
        var left = max(0, min(longest, room, stream.size))
        if !isBinary, !stream.isAll || left < stream.size { isTextLeftOut = true }
        guard left > 0 else { return }
        if left <= stream.head.count {
            try writer.append(stream.head.prefix(Int(left)))
        } else {
            _ = try search.decode(stream.form, at: stream.start) { bytes throws(UnpackingError) in
                try writer.append(bytes.prefix(Int(min(left, Int64(bytes.count)))))
                left -= Int64(bytes.count)
                return left > 0
            }
        }
        try writer.append(0x0A)
    }

    /// Whether bytes may be a script: half of them are ASCII at least, and hardly any are control characters. Of a
    /// number's bytes, a tenth are.
    private static func isText(_ head: [UInt8]) -> Bool {
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) { return true }
        let start = head.prefix(Int(binaryHead))
        let spaces: Set<UInt8> = [0x09, 0x0A, 0x0C, 0x0D]
        let letters = start.count { (0x20..<0x7F).contains($0) || spaces.contains($0) }
        let controls = start.count { $0 < 0x20 && !spaces.contains($0) }
        return letters * 2 >= start.count && controls * 32 <= start.count
    }

    /// Whether bytes begin as a program, or as a container other than a stream or a carrier of other files, which are
    /// found anywhere.
    private static func isContainer(_ head: [UInt8]) -> Bool {
        let start = Array(head.prefix(CarriedStreamSearch.headLength))
        if start.starts(with: Array("%PDF-".utf8)) || isProgram(FileStart(bytes: head)) { return true }
        return ContainerForm.forms(startingWith: start).contains { !FormFinder.mayBeChance.contains($0) || $0 == .rtf }
    }

    /// ELF, PE, Mach-O for one processor, and Dalvik. Their readers go by offsets from the file's start.
    private static func isProgram(_ head: FileStart) -> Bool {
        if head.has("MZ") { return head.has([0x50, 0x45, 0, 0], at: Int(head.number(4, at: 0x3C))) }
        let isMachO = head.has([0xFA, 0xED, 0xFE], at: 1) && head[0] & 0xFE == 0xCE
        return head.has([0x7F, 0x45, 0x4C, 0x46]) || isMachO || head.has("dex\n0")
    }
}
