/// The headers of a cpio archive of text. Where a field holds something other than digits, readers go on in different
/// ways: one takes the digits before it, another one searches for the next header.
package enum CpioHeaders {
    private static let maximumHeaders = 1_000_000

    /// - Throws: `.malformed` if a field of a header up to the trailer's is not made of digits.
    static func check(_ layer: FileSlice) throws(UnpackingError) {
        var offset: Int64 = 0
        for _ in 0..<maximumHeaders {
            let header = try layer.bytes(at: offset, count: 110)
            guard let form = Form(header) else {
                // Of a binary archive, or between the members of a damaged one: readers search for the next header.
                if offset == 0 || header.isEmpty { return }
                throw UnpackingError(.malformed, "no header at \(offset)")
            }
            guard header.count >= form.length else { return }
            let digits = header[6..<form.length]
            guard digits.allSatisfy(form.isDigit) else {
                throw UnpackingError(.malformed, "a header at \(offset) with other bytes than digits")
            }
            let (name, size) = (form.nameLength(header), form.size(header))
            let start = offset + Int64(form.length)
            let text = try layer.bytes(at: start, count: Int(min(name, 16)))
            if text.starts(with: Array("TRAILER!!!\0".utf8)) { return }
            offset = form.aligned(form.aligned(start + name) + size)
        }
        throw UnpackingError(.tooLarge, "more than \(maximumHeaders) headers")
    }

    /// Whether a zero ends the first member's name. Without one, the header may be digits of a dump.
    static func endsFirstName(_ layer: FileSlice) throws(UnpackingError) -> Bool {
        guard let (form, header) = try first(in: layer) else { return false }
        return try layer.bytes(at: Int64(form.length) + form.nameLength(header) - 1, count: 1) == [0]
    }

    /// The data of the first member by its size, and all that follows its name. Fields with other bytes than digits are
    /// read as GNU cpio and 7-Zip read them: they leave out other fields, and have several values for these two.
    package static func firstData(_ layer: FileSlice) throws(UnpackingError) -> [Range<Int64>] {
        let header = try layer.bytes(at: 0, count: 110)
        guard let form = Form(header), header.count >= form.length else { return [] }
        let starts = form.nameLengths(header).map { form.aligned(Int64(form.length) + $0) }.filter { $0 < layer.size }
        guard let first = starts.min() else { return [] }
        let sizes = form.sizes(header).filter { $0 > 0 }
        let data = starts.flatMap { start in sizes.map { start..<start + $0 } }
        return data.filter { $0.upperBound < layer.size } + [first..<layer.size]
    }

    /// The first header, if its fields are digits.
    private static func first(in layer: FileSlice) throws(UnpackingError) -> (Form, [UInt8])? {
        let header = try layer.bytes(at: 0, count: 110)
        guard let form = Form(header), header.count >= form.length, header[6..<form.length].allSatisfy(form.isDigit)
        else { return nil }
        return (form, header)
    }

    private enum Form {
        /// `070701`, `070702`: hexadecimal digits, and padding to four bytes.
        case new
        /// `070707`: octal digits.
        case old

        init?(_ header: [UInt8]) {
            if header.starts(with: Array("070701".utf8)) || header.starts(with: Array("070702".utf8)) {
                self = .new
            } else if header.starts(with: Array("070707".utf8)) {
                self = .old
            } else {
                return nil
            }
        }

        var length: Int { self == .new ? 110 : 76 }

        func isDigit(_ byte: UInt8) -> Bool {
            (0x30...0x37).contains(byte)
                || self == .new
                    && ((0x38...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte))
        }

        private var nameField: Range<Int> { self == .new ? 94..<102 : 59..<65 }
        private var sizeField: Range<Int> { self == .new ? 54..<62 : 65..<76 }

        func nameLength(_ header: [UInt8]) -> Int64 { number(header[nameField]) }
        func size(_ header: [UInt8]) -> Int64 { number(header[sizeField]) }
        func nameLengths(_ header: [UInt8]) -> Set<Int64> { numbers(header[nameField]) }
        func sizes(_ header: [UInt8]) -> Set<Int64> { numbers(header[sizeField]) }
        func aligned(_ offset: Int64) -> Int64 { self == .new ? (offset + 3) / 4 * 4 : offset }

        private var base: Int64 { self == .new ? 16 : 8 }

        private func number(_ digits: ArraySlice<UInt8>) -> Int64 {
            digits.reduce(0) { $0 * base + Int64(Self.value($1)) }
        }

        /// The values of a field: that of the digits before another byte, behind blanks. GNU cpio has made room for one
        /// more digit by then.
        private func numbers(_ field: ArraySlice<UInt8>) -> Set<Int64> {
            let digits = field.drop { $0 == 0x20 }.prefix(while: isDigit)
            let value = number(digits)
            return digits.endIndex == field.endIndex ? [value] : [value, value * base]
        }

        private static func value(_ digit: UInt8) -> UInt8 {
            digit < 0x3A ? digit - 0x30 : (digit | 0x20) - 0x61 + 10
        }
    }
}
