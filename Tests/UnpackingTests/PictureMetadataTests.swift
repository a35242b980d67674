import TestKit
import Testing

@testable import Unpacking

/// What pictures and firmware say about themselves, in more pieces than a small sample has.
@Suite(.timeLimit(.minutes(1))) struct PictureMetadataTests {
    private static func segment(_ marker: UInt8, _ body: [UInt8]) -> [UInt8] {
        let length = body.count + 2
        return [0xFF, marker, UInt8(length >> 8), UInt8(length & 0xFF)] + body
    }

    private static func picture(_ segments: [UInt8]) -> [UInt8] { [0xFF, 0xD8] + segments + [0xFF, 0xD9] }

    private static func jpegParts(_ bytes: [UInt8]) -> OpenedParts {
        OpenedParts(bytes) { slice throws(UnpackingError) in try JPEGSegments(slice) }
    }

    @Test func `a picture has more restarts than segments are read`() {
        let restarts = Array([[UInt8]](repeating: [0x12, 0xFF, 0xD3], count: 120_000).joined())
        let comment = Self.segment(0xFE, Array("a comment behind the restarts of a picture".utf8))
        let parts = Self.jpegParts(Self.picture(Self.segment(0xDA, [1, 1, 0, 0, 0x3F, 0]) + restarts + comment))
        #expect(parts.error == nil)
        #expect(parts.texts == ["a comment behind the restarts of a picture"])
    }

    @Test func `pieces of one picture do not continue those of another one`() {
        func piece(_ number: UInt8, _ text: String) -> [UInt8] {
            Self.segment(0xE2, Array("ICC_PROFILE\0".utf8) + [number, 2] + Array(text.utf8))
        }
        let first = Self.picture(piece(2, "profile") + piece(1, "first "))
        let second = Self.picture(piece(1, "second ") + piece(2, "profile"))
        let parts = Self.jpegParts(first + second)
        #expect(parts.error == nil)
        #expect(parts.texts == ["first profile", "second profile"])
    }

    @Test func `numbers at the start of a picture are no part`() {
        let head = Self.segment(0xE0, Array("JFIF\0".utf8) + [1, 1, 0, 0, 1, 0, 1, 0, 0])
        #expect(Self.jpegParts(Self.picture(head)).names == [])
    }

    @Test func `packets of XMP that carry nothing are no parts, however many there are`() throws {
        let packet = Array("<x:xmpmeta><a>words</a></x:xmpmeta>".utf8) + [0, 1]
        let bytes = Array("pixels\u{1}\u{2}".utf8) + Array([[UInt8]](repeating: packet, count: 2000).joined())
        #expect(try bytes.sightings() == [])
    }

    @Test(arguments: ["x:xmpmeta", "x:xapmeta", "rdf:RDF"])
    func `a packet of XMP ends with its element`(element: String) throws {
        let head = Array("pixels\u{1}\u{2}".utf8)
        let packet = Array("<\(element)><a>aGVsbG8gdG8gYWxsIHdobyByZWFkIHRoaXMgaGVyZSEh</a></\(element)>".utf8)
        let range = Int64(head.count)..<Int64(head.count + packet.count)
        #expect(try (head + packet + [0, 1, 2]).sightings() == [Sighting(.xmp, range)])
    }

    @Test func `a TIFF may have thousands of pages`() {
        func little(_ number: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) } }
        let pages = (1...5000).map { page -> [UInt8] in [0, 0] + little(page < 5000 ? 8 + 6 * page : 0) }
        let bytes = Array("II*\0".utf8) + little(8) + Array(pages.joined())
        let parts = OpenedParts(bytes) { slice throws(UnpackingError) in try TIFFEntries(slice) }
        #expect(parts.error == nil)
        #expect(parts.names == [])
    }

    @Test func `resources of Photoshop are found behind those of other programs`() {
        func resource(_ mark: String, _ text: String) -> [UInt8] {
            Array(mark.utf8) + [4, 0x0F, 0, 0, 0, 0, 0, UInt8(text.utf8.count)] + Array(text.utf8)
        }
        let text = String(repeating: "what it holds ", count: 3)
        let parts = OpenedParts(resource("MeSa", "plan") + resource("8BIM", text)) {
            slice throws(UnpackingError) in try PhotoshopResources(slice)
        }
        #expect(parts.texts == [text])
    }

    @Test func `trees of devices follow one another`() throws {
        let zoo = Project.fixture("zoo")
        let bytes = try Samples.python(
            """
            import sys
            sys.dont_write_bytecode = True; sys.path.insert(0, '\(zoo)')
            import firmware
            out.write(firmware.tree(b'one ' * 9) + firmware.tree(b'two ' * 9, b'behind'))
            """)
        let parts = OpenedParts(bytes) { slice throws(UnpackingError) in try FirmwareImages(slice) }
        #expect(parts.error == nil)
        #expect(parts.texts == [String(repeating: "one ", count: 9), String(repeating: "two ", count: 9), "behind"])
    }
}
