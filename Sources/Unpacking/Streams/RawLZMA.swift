/// LZMA data behind 5 bytes of properties: the stream of an NSIS installer or a Flash film, without a length, or of
/// `.lzma86`.
final class RawLZMA {
    private static let chunk = 1 << 16
    private static let maximumIdleSteps = 16

    private let slice: FileSlice
    private var decoder: StreamDecoder
    private var input: [UInt8] = []
    private var used = 0
    private var readEnd: Int64
    private var hasEnded = false
    /// How many zeros follow the layer's end.
    private var padding: Int

    /// The offset of the first byte that was not decoded.
    var position: Int64 { readEnd - Int64(input.count - used) }

    /// - Parameters:
    ///   - hasFilterByte: whether a byte before the properties says that addresses of x86 code were changed.
    ///   - lengthOfSize: how many bytes of a number stand between the properties and the data.
    ///   - padding: how many zeros are decoded as if they followed the slice.
    init(
        _ slice: FileSlice, hasFilterByte: Bool = false, lengthOfSize: Int64 = 0, padding: Int = 0
    ) throws(UnpackingError) {
        let head = try slice.bytes(at: 0, count: hasFilterByte ? 6 : 5)
        let properties = Array(head.suffix(5))
        guard head.count == (hasFilterByte ? 6 : 5), !hasFilterByte || head[0] <= 1 else {
            throw UnpackingError(.malformed, "no properties of LZMA")
        }
        guard properties.number(4, at: 1) <= DictionaryLimit.maximum else {
            throw UnpackingError(.memory, "a dictionary of \(properties.number(4, at: 1)) bytes")
        }
        var decoder = try StreamDecoder(.lzma)
        try decoder.start(rawLZMA: properties, isProgram: hasFilterByte && head[0] == 1)
        (self.slice, readEnd) = (slice, Int64(head.count) + lengthOfSize)
        self.decoder = decoder
        self.padding = padding
    }

    /// Decodes some more bytes. None are left at the stream's end.
    func next() throws(UnpackingError) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: Self.chunk)
        var idle = 0
        while !hasEnded {
            if used == input.count {
                (input, used) = (try slice.bytes(at: readEnd, count: Self.chunk), 0)
                readEnd += Int64(input.count)
                if input.isEmpty {
                    input = [UInt8](repeating: 0, count: padding)
                    padding = 0
                }
            }
            let step = decoder.decode(input, from: used, into: &output)
            used += step.taken
            switch step.result {
            case .end: hasEnded = true
            case .memory: throw UnpackingError(.memory, "LZMA demands more memory than it may use")
            // What was made before the damage is the next output, and then the error is met again.
            case .damaged where step.made == 0, .unsupported: throw UnpackingError(.malformed, "damaged LZMA data")
            case .more where step.taken + step.made == 0:
                idle += 1
                guard readEnd < slice.size, idle < Self.maximumIdleSteps else {
                    throw UnpackingError(.truncated, "LZMA data without an end")
                }
            case .damaged, .more: break
            }
            if step.made > 0 { return Array(output[..<step.made]) }
        }
        return []
    }
}
