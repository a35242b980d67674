/// Apple's LZFSE: blocks of an LZ77 whose lengths, distances and literals are coded by finite state entropy, or LZVN.
/// Source: "lzfse_internal.h" of Apple's lzfse 1.0, the format's only description.
enum LZFSE {
    private static let mark: [UInt8] = [0x62, 0x76, 0x78]
    private static let end: UInt8 = 0x24
    private static let plain: UInt8 = 0x2D
    private static let packed: UInt8 = 0x32
    private static let lzvn: UInt8 = 0x6E

    /// - Parameter size: the number of unpacked bytes.
    /// - Throws: `.malformed` if the packed bytes give another number; `.method` for a block that no encoder writes.
    static func decode(_ input: [UInt8], size: Int) throws(UnpackingError) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(size)
        var index = 0
        while true {
            guard index + 4 <= input.count, input[index..<index + 3].elementsEqual(mark) else { throw damaged }
            let kind = input[index + 3]
            if kind == end { break }
            let length = Int(input.number(4, at: index + 4))
            guard length <= size - output.count else { throw damaged }
            let target = output.count + length
            switch kind {
            case plain:
                guard index + 8 + length <= input.count else { throw damaged }
                output += input[index + 8..<index + 8 + length]
                index += 8 + length
            case lzvn:
                let payload = Int(input.number(4, at: index + 8))
                guard index + 12 + payload <= input.count else { throw damaged }
                try LZVN.decode(input[index + 12..<index + 12 + payload], into: &output, until: target)
                index += 12 + payload
            case packed: index = try LZFSEBlock(input, at: index).decode(into: &output, until: target)
            default: throw UnpackingError(.method, "an LZFSE block of kind \(kind)")
            }
            guard output.count == target else { throw damaged }
        }
        guard output.count == size else { throw damaged }
        return output
    }

    static var damaged: UnpackingError { UnpackingError(.malformed, "damaged LZFSE or LZVN data") }
}

extension [UInt8] {
    /// Appends `count` bytes from `distance` bytes before the end. They may overlap what is appended.
    mutating func appendMatch(_ count: Int, distance: Int, until target: Int) throws(UnpackingError) {
        guard distance > 0, distance <= self.count, self.count + count <= target else { throw LZFSE.damaged }
        for _ in 0..<count { append(self[self.count - distance]) }
    }
}
