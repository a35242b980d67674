import TestKit
import Testing

@testable import Unpacking

/// Files in RIFF, ASF, objects of Photoshop, EPS, patches and saved HTTP messages: what is there although something is
/// damaged, and what is none.
@Suite(.timeLimit(.minutes(1))) struct EnclosedFileTests {
    private static let payload = "one\ntwo\r\nthree"

    private static func sample(_ script: String) throws -> [UInt8] {
        let zoo = Project.fixture("zoo")
        return try Samples.python(
            """
            import sys
            sys.dont_write_bytecode = True; sys.path.insert(0, '\(zoo)')
            import enclosed, carried, zlib
            payload = b'one\\ntwo\\r\\nthree'
            out.write(\(script))
            """)
    }

    private static func texts(_ opened: OpenedParts) throws -> [String] {
        if let error = opened.error { throw error }
        return opened.texts
    }

    // MARK: Patches

    private static func patched(_ text: [UInt8]) throws -> [String] {
        let sighting = try #require(try text.sightings().first { $0.form == .textPatch })
        return try texts(
            OpenedParts(Array(text[Int(sighting.range.lowerBound)...])) { slice throws(UnpackingError) in
                try TextPatch(slice)
            })
    }

    @Test(arguments: ["new_file(payload)", "context_patch(payload)", "darcs_binary(payload)"])
    func `a new file of a patch has its bytes`(script: String) throws {
        #expect(try Self.patched(try Self.sample("enclosed.\(script)")) == [Self.payload])
    }

    @Test func `lines of a patch are taken with and without the line ends of the patch`() throws {
        let texts = try Self.patched(try Self.sample("enclosed.new_file(b'one\\ntwo\\n', b'\\r\\n')"))
        #expect(texts == ["one\r\ntwo\r\n", "one\ntwo\n"])
    }

    @Test func `each new file of a patch is a part, and a change of another one is none`() throws {
        let patch =
            "--- /dev/null\n+++ b\n@@ -0,0 +1 @@\n+b\n--- c\n+++ c\n@@ -1 +1 @@\n-d\n+e\n@@ -0,0 +1,2 @@\n+f\n+g\n"
        #expect(try Self.patched(Array(patch.utf8)) == ["b\n", "f\ng\n"])
        #expect(try Self.patched(Array("hunk ./a 1\n+one\n+two\nhunk ./b 7\n+no\n".utf8)) == ["one\ntwo\n"])
        for text in ["--- c\n+++ c\n@@ -1 +1 @@\n-d\n+e\n", "see @@ -0,0 +1 @@ in the text\n"] {
            #expect(try Array(text.utf8).sightings() == [])
        }
    }

    // MARK: HTTP

    private static func bodies(_ bytes: [UInt8]) throws -> [String] {
        #expect(try bytes.sightings().map(\.form).contains(.http))
        return try texts(OpenedParts(bytes) { slice throws(UnpackingError) in try HTTPMessages(slice) })
    }

    @Test func `the body of each message is a part`() throws {
        let first = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
        let second = "HTTP/1.0 404 Not Found\nA: b\nTransfer-Encoding: chunked\n\n3\ntwo\n4 \n\n2\r\n\n0\n\n"
        let request = "POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nthree and more"
        #expect(try Self.bodies(Array((first + second + request).utf8)) == ["one", "two\n2\r\n", "three and more"])
    }

    @Test func `a message is found in a body without a length`() throws {
        let first = "HTTP/1.1 200 OK\r\nContent-Lengt\u{7F}\0\r\n\r\none"
        let second = "HTTP/1.1 200 OK\r\nA: b\r\n\r\ntwo, HTTP/1.1\nitself"
        let third = "HTTP/1.1 200 OK\r\nA: b\r\n\r\nthree"
        let bodies = try Self.bodies(Array((first + second + third).utf8))
        #expect(bodies == ["one" + second + third, "two, HTTP/1.1\nitself", "three"])
    }

    @Test func `lines of logs are no messages`() throws {
        let statuses = String(repeating: "HTTP/1.1 200 12ms\n", count: 20_000)
        #expect(try Self.bodies(Array(statuses.utf8)) == [])
        let log = String(repeating: "10.0.0.1 - - \"GET / HTTP/1.1\" 200 532\n", count: 20_000)
        #expect(try Self.bodies(Array("HTTP/1.1 200 OK\r\nA: b\r\n\r\n\(log)".utf8)) == [log])
    }

    @Test func `chunks that are damaged or missing leave the rest as it is`() throws {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        #expect(try Self.bodies(Array("\(head)3\r\none\r\nno size".utf8)) == ["one", "no size"])
        #expect(try Self.bodies(Array("\(head)joined already".utf8)) == ["joined already"])
        #expect(try Self.bodies(Array("\(head)ff\r\ncut".utf8)) == ["cut"])
    }

    @Test func `a body is decoded, unless it is plain already`() throws {
        let raw = "(lambda c: c.compress(payload * 9) + c.flush())(zlib.compressobj(9, 8, -15))"
        for (encoding, body) in [
            ("deflate", raw), ("br", "carried.brotli(payload * 9)"), ("gzip, br", "carried.brotli(payload * 9)"),
        ] {
            let bytes = try Self.sample("enclosed.answer(\(body), b'Content-Encoding: \(encoding)')")
            #expect(try Self.bodies(bytes).last == String(repeating: Self.payload, count: 9))
            let plain = try Self.sample("enclosed.answer(payload * 9, b'Content-Encoding: \(encoding)')")
            #expect(try Self.bodies(plain) == [String(repeating: Self.payload, count: 9)])
        }
        // A field may go over several lines, and the transfer may be coded.
        for field in ["b'Content-Encoding:', b' deflate'", "b'Transfer-Encoding: deflate'"] {
            let bytes = try Self.sample("enclosed.answer(\(raw), \(field))")
            #expect(try Self.bodies(bytes).last == String(repeating: Self.payload, count: 9))
        }
        // What a client accepts is no coding of its body.
        let packed = try Self.sample(
            "enclosed.answer(b'\\x1f\\x8b\\x08' + bytes(90), b'Accept-Encoding: deflate, br', b'Content-Encoding: gzip')"
        )
        #expect(try Self.bodies(packed).count == 1)
        for text in [
            "HTTP/1.1 is a protocol\nof many words\n", "GET /a\nHost: b\n\n", "POST a letter\nHTTP/1.1: b\n\n",
        ] {
            #expect(try Array(text.utf8).sightings().allSatisfy { $0.form != .http })
        }
    }

    // MARK: Objects

    @Test(arguments: [2, 4, 5, 6, 7]) func `a linked file is found behind a description`(version: Int) throws {
        for description in ["b''", "bytes(1000)", "b'd' * 37"] {
            let script = "enclosed.psd(linked=enclosed.linked_file(payload, \(version), \(description)))"
            let bytes = try Self.sample(script)
            let sighting = try #require(try bytes.sightings().first { $0.form == .photoshop })
            let parts = OpenedParts(bytes) { slice throws(UnpackingError) in
                try PhotoshopObjects(slice, at: sighting.range.lowerBound)
            }
            #expect(try Self.texts(parts) == [Self.payload])
        }
    }

    @Test func `a part of an EPS or a binary tag that is cut is no proof`() throws {
        let eps = try Self.sample("enclosed.dos_postscript(payload, payload)")
        let cut = OpenedParts(eps.dropLast()) { slice throws(UnpackingError) in try DOSPostScript(slice) }
        #expect(cut.error?.code == .truncated)
        let film = try Self.sample("carried.matroska_tag(payload)")
        let place = try #require(film.index(of: MatroskaAttachments.tagsMark))
        let tags = OpenedParts(Array(film[place...].dropLast())) { slice throws(UnpackingError) in
            try MatroskaAttachments(slice)
        }
        #expect(tags.error?.code == .truncated)
    }

    @Test func `tables that lead beyond the end are no proof`() throws {
        func error(_ script: String, _ form: ContainerForm) throws -> UnpackingError? {
            let bytes = try Self.sample(script)
            #expect(try bytes.sightings().contains { $0.form == form }, "\(script)")
            return switch form {
            case .universalBinary:
                OpenedParts(bytes) { slice throws(UnpackingError) in try UniversalBinary(slice) }.error
            case .bootImage: OpenedParts(bytes) { slice throws(UnpackingError) in try BootImageOpener(slice) }.error
            case .gResource: OpenedParts(bytes) { slice throws(UnpackingError) in try GResourceOpener(slice) }.error
            default: OpenedParts(bytes) { slice throws(UnpackingError) in try DICOMDocument(slice) }.error
            }
        }
        #expect(try error("enclosed.universal(payload)[:-1]", .universalBinary)?.code == .truncated)
        #expect(try error("enclosed.u_boot([payload], 2)[:-1]", .bootImage)?.code == .truncated)
        #expect(try error("enclosed.android(payload)[:2050]", .bootImage)?.code == .truncated)
        #expect(try error("enclosed.gresource(payload)[:-3]", .gResource)?.code == .malformed)
        // A table of 8 bytes with the largest number of buckets.
        let table = Array("GVariant".utf8) + [UInt8](repeating: 0, count: 8) + [24, 0, 0, 0, 32, 0, 0, 0]
        let largest = table + [UInt8](repeating: 0xFF, count: 8) + [UInt8](repeating: 0, count: 64)
        let opened = OpenedParts(largest) { slice throws(UnpackingError) in try GResourceOpener(slice) }
        #expect(opened.error?.code == .malformed)
        // Pixels may have the mark of an element without a type.
        let cutDocument = try Self.sample("enclosed.dicom_without_types(payload)[:-1]")
        #expect(try cutDocument.sightings().allSatisfy { $0.form != .dicomDocument })
        // A class of Java has the mark of a universal binary.
        #expect(try [0xCA, 0xFE, 0xBA, 0xBE, 0, 0, 0, 52, 0, 9].sightings() == [])
    }

    @Test(arguments: [
        "PGDMP\u{1}\u{E}", "flatpak\0\u{1}", "\0ZCK1", "MComprHD\0", "partclone-image", "\u{1}h12345\n\u{1}s 1",
        "WANACRY!",
        "RGSSAD\0", "ECM\0", "FsA0", "xFSdump0", "ZIM\u{4}\u{5}\0", "<bigaf>\n", "ENDSLEY/BSDIFF43",
        "Bochs Virtual HD Image\0", "EXTENDED CPC DSK File\r\n", "Bazaar pack format 1", "PATCH\0\0\0", "HXCPICFE",
    ])
    func `a known form that nothing here opens is named`(head: String) throws {
        let bytes = Array(head.utf8) + [1, 2, 3] + [UInt8](repeating: 0x41, count: 300)
        let forms = try bytes.sightings().map(\.form)
        #expect(!forms.isEmpty && forms.allSatisfy { !$0.isSupported && !$0.leavesRest })
    }

    @Test func `more resources of an old program than are read are no proof`() throws {
        var program =
            [UInt8](repeating: 0, count: 130)
            + [[UInt8]](repeating: [1, 0] + [UInt8](repeating: 0, count: 6), count: 30_000).joined()
        program.replaceSubrange(0..<2, with: Array("MZ".utf8))
        program[0x3C] = 64
        program.replaceSubrange(64..<66, with: Array("NE".utf8))
        program[64 + 0x24] = 64
        let opened = OpenedParts(program) { slice throws(UnpackingError) in try PEResources(slice) }
        #expect(opened.error?.code == .tooLarge)
    }

    // MARK: Installers

    @Test func `an installer of Inno Setup is refused, and a program that names it is not`() throws {
        func data(_ text: String, sum: Bool) -> [UInt8] {
            let head = Array(text.utf8) + [UInt8](repeating: 0, count: max(0, 64 - text.utf8.count))
            let sizes: [UInt8] = [0, 1, 0, 0, 1]
            let crc = (0..<4).map { UInt8(truncatingIfNeeded: sizes.crc32 >> UInt32(8 * $0)) }
            return Array("MZ\0\0 a program".utf8) + head + (sum ? crc : [1, 2, 3, 4]) + sizes
                + [UInt8](repeating: 7, count: 300)
        }
        func isRefused(_ bytes: [UInt8]) throws -> Bool { try bytes.sightings().contains { $0.form == .innoSetup } }
        #expect(try isRefused(data("Inno Setup Setup Data (5.5.7) (u)", sum: true)))
        #expect(try isRefused(data("My Inno Setup Extensions Setup Data (3.0.4)", sum: true)))
        #expect(try isRefused(data("Inno Setup Setup Data (6.5.0)", sum: false)))
        #expect(try isRefused(Array("idska32\u{1A}".utf8) + [UInt8](repeating: 0, count: 90)))
        #expect(try !isRefused(data("Inno Setup Setup Data (5.5.7) (u)", sum: false)))
        #expect(try !isRefused(data("i1.2.10--ab", sum: false) + [UInt8](repeating: 0x28, count: 100)))
        #expect(try !isRefused(data("Inno Setup Setup Data (%s) of a text that has many words, 70 or more", sum: true)))
    }

    @Test func `damaged messages behind one another do not multiply the work`() {
        let message = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n1\na\nno chunk\n"
        let text = String(repeating: message, count: 400)
        let opened = OpenedParts(Array(text.utf8)) { slice throws(UnpackingError) in try HTTPMessages(slice) }
        #expect(opened.error == nil)
        #expect(opened.texts.prefix(2) == ["a", "no chunk\n" + String(repeating: message, count: 399)])
        #expect(opened.contents.reduce(0) { $0 + $1.count } < 2 * text.utf8.count)
    }
}
