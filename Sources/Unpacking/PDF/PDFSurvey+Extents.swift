extension PDFSurvey {
    /// The ranges of a stream's data that readers could see, the likeliest first. One is enough if the stream's length
    /// is right; readers differ in what they make of a wrong one.
    ///
    /// - Throws: `.truncated` if the document ends within the stream.
    func extents(of stream: Stream) throws(UnpackingError) -> [Range<Int64>] {
        let lengths = lengths(of: stream)
        for length in lengths where try isEnd(stream.start, length) { return [stream.start..<stream.start + length] }
        var ends = [stream.firstEnd, stream.lastEnd].compactMap { $0 }
        var isKnown = !ends.isEmpty || lengths == [0]
        if !isKnown { isKnown = try hasObjectEnd(stream, lengths) }
        if ends.isEmpty { ends.append(file.size) }
        // The line end before the keyword is not data, or is: readers differ.
        for (index, end) in ends.enumerated().reversed() {
            let before = try file.bytes(at: max(stream.start, end - 2), count: Int(min(2, max(0, end - stream.start))))
            let lineEnd = before == [13, 10] ? 2 : before.last == 10 || before.last == 13 ? 1 : 0
            if lineEnd > 0 { ends.insert(end - Int64(lineEnd), at: index) }
        }
        for length in lengths where length >= 0 && length <= file.size - stream.start {
            ends.append(stream.start + length)
        }
        guard isKnown else { throw UnpackingError(.truncated, "the document ends within object \(stream.object)") }
        var found: [Range<Int64>] = []
        for end in ends where end >= stream.start {
            let range = stream.start..<end
            if !range.isEmpty, !found.contains(range) { found.append(range) }
        }
        return found
    }

    /// Whether the stream's declared length is right.
    func hasRightLength(_ stream: Stream) throws(UnpackingError) -> Bool {
        for length in lengths(of: stream) where try isEnd(stream.start, length) { return true }
        return false
    }

    private func lengths(of stream: Stream) -> [Int64] {
        switch stream.dictionary["Length"] {
        case .number(let length): [length]
        case .reference(let object): objects.numbers(object)
        default: []
        }
    }

    private func isEnd(_ start: Int64, _ length: Int64) throws(UnpackingError) -> Bool {
        guard length >= 0, length <= file.size - start else { return false }
        let bytes = try file.bytes(at: start + length, count: 32)
        let keyword = bytes.firstIndex { !PDFText.isSpace($0) } ?? bytes.count
        return bytes[keyword...].starts(with: "endstream".utf8)
    }

    /// Whether `endobj` follows the declared length: some writers leave `endstream` out.
    private func hasObjectEnd(_ stream: Stream, _ lengths: [Int64]) throws(UnpackingError) -> Bool {
        for length in lengths where length >= 0 && length <= file.size - stream.start {
            let bytes = try file.bytes(at: stream.start + length, count: 32)
            let keyword = bytes.firstIndex { !PDFText.isSpace($0) } ?? bytes.count
            if bytes[keyword...].starts(with: "endobj".utf8) { return true }
        }
        return false
    }
}
