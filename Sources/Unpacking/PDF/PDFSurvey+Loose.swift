extension PDFSurvey {
    /// How far before `stream` its dictionary may begin.
    private static let longestDictionary = 4096
    private static let maximumStarts = 16

    /// Returns the dictionary that ends where `stream` stands at `offset`, and no object begins: readers that go by the
    /// cross-reference table do not mind a damaged `obj`.
    func dictionary(before offset: Int64) throws(UnpackingError) -> PDFDictionary? {
        let start = max(0, offset - Int64(Self.longestDictionary))
        let bytes = try file.bytes(at: start, count: Int(offset - start))
        guard let end = bytes.lastIndex(where: { !PDFText.isSpace($0) }), end > 0, bytes[end - 1] == 0x3E else {
            return nil
        }
        var place = end - 1
        for _ in 0..<Self.maximumStarts {
            guard let bracket = bytes[..<place].lastIndex(of: 0x3C), bracket > 0 else { return nil }
            place = bracket
            guard bytes[bracket - 1] == 0x3C else { continue }
            var parser = PDFParser(bytes + [0x20], at: bracket - 1)
            if let items = try? parser.items(until: .nothing, depth: 0), parser.index > end,
                case .dictionary(let dictionary)? = items.first
            {
                return dictionary
            }
        }
        return nil
    }
}
