extension FileSlice {
    /// Returns the end that the first header of a container at the slice's start declares, or nil if it declares none.
    func declaredEnd(of form: ContainerForm) throws(UnpackingError) -> Int64? {
        let end: UInt64
        switch form {
        case .sevenZip:
            // The offset and the length of the directory, both counted from the end of the 32-byte header.
            let header = try bytes(at: 0, count: 32)
            guard header.starts(with: [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]) else { return nil }
            let (length, overflows) = header.number(8, at: 12).addingReportingOverflow(header.number(8, at: 20))
            end = overflows ? .max : length
        case .cab:
            let header = try bytes(at: 0, count: 12)
            guard header.starts(with: Array("MSCF".utf8)) else { return nil }
            end = header.number(4, at: 8)
        case .iso:
            // The primary volume descriptor: the number of blocks and their size.
            let descriptor = try bytes(at: 32 * 1024, count: 132)
            guard descriptor.first == 1 else { return nil }
            end = descriptor.number(4, at: 80) * descriptor.number(2, at: 128)
        default: return nil
        }
        guard end < UInt64(Int64.max) - 32 else { return .max }
        return Int64(end) + (form == .sevenZip ? 32 : 0)
    }

    /// Whether only line ends and zeros follow `offset`.
    func isBlank(from offset: Int64) throws(UnpackingError) -> Bool {
        let rest = try bytes(at: offset, count: 4)
        guard rest.allSatisfy({ $0 == 0 || $0 == 0x0A }) else { return false }
        let next = offset + Int64(rest.count)
        return try firstNonzeroOffset(in: next..<max(next, size)) == nil
    }
}

extension FileSlice {
    /// The shortest run of zeros that a form may begin with: the system area of a file system.
    private static let longestPadding: Int64 = 512

    /// Returns the stretches behind a container's end that are inspected: from the first byte that is not zero on, and,
    /// if many zeros precede it, from the end on as well, since a file system begins with zeros.
    func rests(behind end: Int64) -> [Range<Int64>] {
        guard let rest = try? firstNonzeroOffset(in: end..<max(end, size)) else { return [] }
        return rest - end >= Self.longestPadding ? [rest..<size, end..<size] : [rest..<size]
    }
}
