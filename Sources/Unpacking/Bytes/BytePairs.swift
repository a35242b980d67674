/// Pairs of bytes with a number each, and a search for them: nearly all bytes of a layer begin none.
struct BytePairs {
    /// By the pair, its first byte in the upper half: from 1 on, or 0 for none.
    private var numbers = [UInt8](repeating: 0, count: 1 << 16)

    /// The number of a pair that begins with a byte and goes on with another one.
    subscript(first: UInt8, second: UInt8) -> UInt8 {
        get { numbers[Int(first) << 8 | Int(second)] }
        set { numbers[Int(first) << 8 | Int(second)] = newValue }
    }

    /// Returns the first pair with a number, from an index on. It begins before `end`, and before the last byte.
    func next(
        in bytes: UnsafeBufferPointer<UInt8>, from start: Int, before end: Int
    ) -> (index: Int, number: UInt8)? {
        unsafe numbers.withUnsafeBufferPointer { numbers in
            guard let table = numbers.baseAddress, let first = bytes.baseAddress else { return nil }
            var index = start
            let last = min(end, bytes.count - 1)
            let skipsZeros = unsafe table[0] == 0
            while index < last {
                let second = unsafe first[index + 1]
                // Images of disks are zeros for the most part.
                if second == 0, skipsZeros, index + 8 <= last,
                    unsafe UnsafeRawPointer(first).loadUnaligned(fromByteOffset: index, as: UInt64.self) == 0
                {
                    index += 7
                    continue
                }
                let number = unsafe table[Int(first[index]) << 8 | Int(second)]
                if number > 0 { return (index, number) }
                index += 1
            }
            return nil
        }
    }
}
