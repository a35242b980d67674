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

    @Test func `a GIF has more blocks than any picture of a page`() {
        let picture: [UInt8] = [0x2C] + [UInt8](repeating: 0, count: 9) + [2]
        let blocks = [[UInt8]](repeating: [1, 0x55], count: 1_200_000).joined()
        let head = Array("GIF89a".utf8) + [1, 0, 1, 0, 0, 0, 0]
        let text = "a comment behind many blocks of a picture"
        let comment = [0x21, 0xFE, UInt8(text.utf8.count)] + Array(text.utf8) + [0, 0x3B]
        let parts = OpenedParts(head + picture + blocks + [0] + comment, limit: 1 << 20) {
            slice throws(UnpackingError) in try GIFExtensions(slice)
        }
        #expect(parts.error == nil)
        #expect(parts.texts == [text])
    }

    @Test func `an attribute of XMP with digits is encoded, and one with words is not`() throws {
        func runs(_ value: String, _ name: String = "GImage:Data") throws -> Int {
            let bytes = Array("<x:xmpmeta><a \(name)='\(value)'/></x:xmpmeta>".utf8)
            let file = MemoryFile(bytes)
            defer { withExtendedLifetime(file) {} }
            var runs = try EncodedRuns(FileSlice(descriptor: file.descriptor, start: 0, size: file.size))
            var count = 0
            while try runs.next() != nil { count += 1 }
            return count
        }
        let digits = "aGVsbG8gdG8gYWxs IHdobyByZWFk&#x49;HRoaXMgaGVyZSEh"
        #expect(try runs(digits) == 1)
        #expect(try runs(digits + "==") == 1)
        #expect(try runs(digits, "GImage:Data ") == 1)
        #expect(try runs(digits, "GImage:Mime") == 0)
        #expect(try runs("aGVsbG8") == 0)
        #expect(try runs("2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5") == 0)
    }

    @Test func `records of a thermal picture in either order of bytes are parts`() {
        func number(_ value: Int, _ isBig: Bool, _ count: Int = 4) -> [UInt8] {
            let bytes = (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
            return isBig ? bytes.reversed() : bytes
        }
        for isBig in [false, true] {
            func row(_ type: Int, _ start: Int, _ length: Int) -> [UInt8] {
                number(type, isBig, 2) + [UInt8](repeating: 0, count: 10) + number(start, isBig)
                    + number(length, isBig) + [UInt8](repeating: 0, count: 12)
            }
            let sound = Array("12345678RIFF and a sound, longer than a head".utf8)
            let palette = [2] + [UInt8](repeating: 0, count: 111) + Array("colors".utf8)
            let rows = row(0x24, 128, sound.count) + row(0x22, 128 + sound.count, palette.count)
            let head =
                Array("AFF\0".utf8) + [UInt8](repeating: 0, count: 16)
                + [100, 64, 2].flatMap { number($0, isBig) } + [UInt8](repeating: 0, count: 32)
            let parts = OpenedParts(head + rows + sound + palette) {
                slice throws(UnpackingError) in try ThermalRecords(slice)
            }
            #expect(parts.error == nil)
            #expect(parts.names == ["record", "sound", "record", "palette"])
            #expect(parts.texts[1].hasPrefix("RIFF and") && parts.texts[3] == "colors")
        }
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
