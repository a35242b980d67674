extension RandomAccessCollection where Element == UInt8, Index == Int {
    /// A little-endian number of `count` bytes at `offset` from the start; what lies behind the end counts as zeros.
    func number(_ count: Int, at offset: Int) -> UInt64 {
        var number: UInt64 = 0
        for place in (0..<count).reversed() {
            let index = startIndex + offset + place
            number = number << 8 | (index < endIndex ? UInt64(self[index]) : 0)
        }
        return number
    }
}
