/// One block of LZ4 without a frame ("LZ4 Block Format Description").
enum LZ4Block {
    private static let shortestMatch = 4

    /// - Throws: `.malformed` if it has not exactly `size` bytes.
    static func decode(_ block: ArraySlice<UInt8>, size: Int) throws(UnpackingError) -> [UInt8] {
        var (rest, output): (ArraySlice<UInt8>, [UInt8]) = (block, [])
        output.reserveCapacity(size)
        while let token = rest.popFirst() {
            let literals = try length(Int(token >> 4), &rest)
            guard literals <= rest.count, literals <= size - output.count else { throw damaged }
            output += rest.prefix(literals)
            rest = rest.dropFirst(literals)
            // The last sequence has literals alone.
            guard !rest.isEmpty else { break }
            let distance = Int(rest.number(2, at: 0))
            guard rest.count >= 2, (1...max(1, output.count)).contains(distance), !output.isEmpty else { throw damaged }
            rest = rest.dropFirst(2)
            let match = try length(Int(token & 15), &rest) + shortestMatch
            guard match <= size - output.count else { throw damaged }
            // What is copied may overlap what it makes.
            for _ in 0..<match { output.append(output[output.count - distance]) }
        }
        guard output.count == size else { throw damaged }
        return output
    }

    /// A length of four bits goes on in further bytes if all bits are set.
    private static func length(_ short: Int, _ rest: inout ArraySlice<UInt8>) throws(UnpackingError) -> Int {
        var length = short
        guard short == 15 else { return length }
        while let byte = rest.popFirst() {
            length += Int(byte)
            if byte < 255 { return length }
        }
        throw damaged
    }

    private static let damaged = UnpackingError(.malformed, "a damaged block of LZ4")
}
