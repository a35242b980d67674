import TestKit
import Testing
import Unpacking

/// The readers of OLE2, RTF and encoded texts: what they bound, and where readers in use differ.
@Suite(.timeLimit(.minutes(1))) struct DocumentTests {
    private static let words = Array("words that nobody minds, at all".utf8)

    /// An OLE2 file of `Tests/Fixtures/zoo/sectors.py`.
    private static func compound(_ expression: String) throws -> [UInt8] {
        let folder = "\(Project.root)/Tests/Fixtures/zoo"
        return try Samples.python(
            """
            import struct
            sys.dont_write_bytecode = True
            sys.path.insert(0, '\(folder)')
            from sectors import build
            data = bytearray(build({'A': bytes(range(256)) * 40, 'B': b'words.'}))
            \(expression)
            sys.stdout.buffer.write(data)
            """)
    }

    private static func open(_ bytes: [UInt8]) -> OpenerReads {
        .read(bytes) { (layer) throws(UnpackingError) in
            try OLE2Opener(layer)
        }
    }

    @Test func `every stream is a part`() throws {
        let reads = Self.open(try Self.compound(""))
        #expect(reads.names == ["A", "B"])
        #expect(reads.parts.map(\.count) == [10_240, 6])
        #expect(reads.error == nil)
    }

    @Test func `what a stream carries is taken out although its bytes were seen under another name`() throws {
        let reads = Self.open(
            try Self.compound(
                """
                native = struct.pack('<I', 5) + b'words'
                data = build({'A': native, '\\1Ole10Native': native})
                """))
        #expect(reads.names == ["A", "\u{FFFD}Ole10Native/data"])
        #expect(reads.parts.last == Array("words".utf8))
    }

    @Test(
        arguments: [
            ("data = data[:3000]", UnpackingError.Code.truncated),
            ("data = data[:400]", .truncated),
            // A directory whose only sector follows itself.
            (
                "d, t = struct.unpack('<I', data[48:52])[0], struct.unpack('<I', data[76:80])[0]\n"
                    + "struct.pack_into('<I', data, (t + 1) * 512 + 4 * d, d)", .malformed
            ),
            ("struct.pack_into('<H', data, 30, 40)", .malformed),
            ("struct.pack_into('<H', data, 32, 40)", .malformed),
        ])
    func `a file that cannot be read whole is a gap`(damage: String, code: UnpackingError.Code) throws {
        #expect(Self.open(try Self.compound(damage)).error == code)
    }

    @Test func `streams that share their sectors do not multiply the work`() throws {
        // Each of 2000 entries has another size, and the chain of nearly the whole file.
        let reads = Self.open(
            try Self.compound(
                """
                data = bytearray(build({f'{i}': b'x' for i in range(2000)} | {'A': bytes(1_000_000)}))
                start = data.find('A'.encode('utf-16-le') + bytes(62)) + 116
                place = data[start:start + 4]
                at = data.find('0'.encode('utf-16-le') + bytes(62))
                for i in range(1900): data[at + 128 * i + 116:at + 128 * i + 124] = place + struct.pack('<I', 900_000 + i)
                """))
        #expect(reads.error == .malformed)
    }

    @Test func `objects within objects do not multiply the work`() {
        let text = Array(("{\\rtf1" + String(repeating: "{\\objdata abcdabcd", count: 30_000)).utf8)
        #expect(OpenerReads.read(text) { RTFOpener($0) }.error == .malformed)
    }

    private static let digits = words.map { byte in
        let text = String(byte, radix: 16)
        return text.count == 1 ? "0" + text : text
    }.joined()

    @Test(
        arguments: [
            "{\\rtf1{\\*\\objdata \(digits)}}", "{\\rt{\\objdata99 \(digits.uppercased())",
            "{\\rtf1{\\objdata \(digits.prefix(20))\\bin0 \\xyz-12 \(digits.dropFirst(20))}}",
            "{\\rtf1{\\objdata \(digits.prefix(20)){\\*\\x 4142}\(digits.dropFirst(20))}}",
            "{\\rtf1{\\objdata \(digits.prefix(20)){\\x \(digits.dropFirst(20))}}}",
            "{\\rtf1{\\objdata \(digits.prefix(20))a\\'41\(digits.dropFirst(20))}}",
            "{\\rtf1{\\objdata \(digits.prefix(20))\\bin4 \(String(decoding: words[10..<14], as: UTF8.self))"
                + "\(digits.dropFirst(28))}}",
        ])
    func `each way to write an object's bytes is decoded`(text: String) {
        let reads = OpenerReads.read(Array(text.utf8)) { RTFOpener($0) }
        #expect(reads.parts.contains(Self.words), "\(reads.names)")
        #expect(reads.error == nil)
    }

    @Test func `an object is found whatever stands before it`() throws {
        for head in ["junk {\\rtf1", "{\\rf1", "words\n"] {
            let file = MemoryFile(Array("\(head){\\*\\objdata \(Self.digits)}".utf8))
            let layer = FileSlice(descriptor: file.descriptor, start: 0, size: file.size)
            let found = try FormFinder.sightings(in: layer, magicType: nil, engineType: nil)
            let sighting = try #require(found.first { $0.form == .rtf })
            let reads = OpenerReads.read(Array(file.bytes[Int(sighting.range.lowerBound)...])) { RTFOpener($0) }
            #expect(reads.parts == [Self.words])
        }
    }

    @Test func `letters that happen to be digits are no object`() {
        let text = "{\\rtf1 Deface a bad cafe, dad: \(String(repeating: "facade and decade, ", count: 200))}"
        #expect(OpenerReads.read(Array(text.utf8)) { RTFOpener($0) }.parts == [])
    }

    private static let code = "d29yZHMgdGhhdCBub2JvZHkgbWluZHMsIGF0IGFsbA=="

    @Test(
        arguments: [
            "<a><b>\(code)</b></a>", "<a><![CDATA[\(code)]]></a>",
            "<a>\(code.prefix(28))<!-- > -->\(code.dropFirst(28))</a>",
            "<a>&#x64;\(code.dropFirst())</a>", "<a>>>\n>\(code)</a>", "<a><!-- > --><?x?>\n<!---->\(code)</a>",
            "<a><!-- <b> -->\(code)</a>", "a{b:url(data:;base64,\(code))}",
            "x = 'data:a/b,words that nobody minds, at%20all'",
            "<data>\(code.prefix(4)) \(code.dropFirst(4).prefix(8)) \(code.dropFirst(12))</data>",
            "<data><!-- a -->>\(code.prefix(4)) \(code.dropFirst(4).prefix(8)) \(code.dropFirst(12))</data>",
            "<a>\(code.prefix(8)) \(code.dropFirst(8).prefix(8)) \(code.dropFirst(16).prefix(8))\n"
                + "\(code.dropFirst(24).prefix(8)) \(code.dropFirst(32).prefix(8)) \(code.dropFirst(40))\n</a>",
        ])
    func `bytes in a text are decoded`(text: String) {
        let reads = OpenerReads.read(Array(text.utf8)) { (layer) throws(UnpackingError) in try CarriedDataOpener(layer)
        }
        #expect(reads.parts == [Self.words])
    }

    @Test(arguments: [
        ">", "><!---->", "><?>", ">A", ">A<!---->", "> ", ">]&=", "=data:", "='data:&", "=&", "\\\"", "\"\\u002B",
    ])
    func `marks without an end do not multiply the work`(mark: String) {
        let text = "<a>" + String(repeating: mark, count: 40_000 / mark.utf8.count)
        let reads = OpenerReads.read(Array(text.utf8)) { (layer) throws(UnpackingError) in try CarriedDataOpener(layer)
        }
        #expect(reads.error == nil)
    }

    @Test(arguments: [
        "<p>These words have no points in them whatever one does with all of it</p>", "data: a, b", "a < b",
        "<data>\(String(repeating: "Ab1", count: 9))=</data>", "<data>\(String(repeating: "Ab1", count: 14))A=</data>",
    ])
    func `words and hashes are not decoded`(text: String) {
        let reads = OpenerReads.read(Array(text.utf8)) { (layer) throws(UnpackingError) in try CarriedDataOpener(layer)
        }
        #expect(reads.parts == [])
    }
}
