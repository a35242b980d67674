import Testing

@testable import Unpacking

/// The parts of a PDF, without a scanner.
@Suite(.timeLimit(.minutes(2)))
struct PDFOpenerTests {
    private struct Parts {
        var bytes: [String: [[UInt8]]] = [:]
        var uses: [String: LayerPart.Use] = [:]
        var errors: [UnpackingError] = []

        var texts: Set<String> { Set(bytes.values.joined().map { String(decoding: $0, as: UTF8.self) }) }
    }

    private static func parts(_ document: [UInt8], outputLimit: Int64 = 1 << 26) throws -> Parts {
        let file = MemoryFile(document)
        var opener = try PDFOpener(
            FileSlice(descriptor: file.descriptor, start: 0, size: file.size), outputLimit: outputLimit)
        var parts = Parts()
        while let part = try opener.next() {
            let target = MemoryFile()
            do throws(UnpackingError) {
                let size = try opener.unpack(into: target.descriptor, limit: 1 << 26)
                guard size > 0 else { continue }
                parts.bytes[part.name, default: []].append(Array(target.bytes.prefix(Int(size))))
                parts.uses[part.name] = part.use
            } catch {
                parts.errors.append(error)
            }
        }
        return parts
    }

    private static func document(_ objects: String, head: String = "%PDF-1.5\n") -> [UInt8] {
        Array((head + "1 0 obj<</Type/Catalog>>endobj\n" + objects).utf8)
            + Array("\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n".utf8)
    }

    @Test func `a stream whose object is damaged is found`() throws {
        let data = "<</Length 5>>\nstream\nhello\nendstream\nendobj\n"
        #expect(try Self.parts(Self.document("5 0 .bj\n\(data)")).texts.contains("hello"))
        let text = try Self.parts(Self.document("% a dictionary >>stream of words\n"))
        #expect(text.errors.isEmpty)
    }

    @Test(arguments: [("%d", "%%%%EOF", true), ("9", "%%%%EOF", false), ("%d", "%%EOF", false), ("9", "%%EOF", false)])
    func `the templates of a program are no document that is cut`(place: String, end: String, isTemplate: Bool) throws {
        let text =
            "1 0 obj<</Type/Catalog>>endobj\n5 0 obj<</Length 6 0 R>>stream\n\0 7 0 obj[/PDF]endobj\0"
            + "trailer<</Root 1 0 R>>startxref\n\(place)\n\(end)\n"
        let parts = try Self.parts([UInt8](repeating: 0, count: 2000) + Array(text.utf8))
        #expect(parts.errors.isEmpty == isTemplate)
    }

    @Test func `other bytes among hexadecimal digits count in both ways`() throws {
        let data = "5 0 obj<</Length 13/Filter/ASCIIHexDecode>>stream\n68\0656C6C6F>  \nendstream endobj\n"
        let texts = try Self.parts(Self.document(data)).texts
        #expect(texts.contains("hello") && texts.contains { $0.hasPrefix("h\u{6}V") })
    }

    private static func stream(_ text: String, _ entries: String = "", length: String? = nil) -> String {
        "<</Length \(length ?? String(text.utf8.count))\(entries)>>stream\n\(text)\nendstream"
    }

    @Test(arguments: [
        "7 0 obj\(stream("68656c6c6f>", "/Filter/AHx"))endobj",
        "7 0 obj\(stream("68 65 6c\n6c 6f", "/Filter/AHx"))endobj",
        "7 %a\n0 %b\nobj\(stream("hello"))endobj", "7 0 obj\r<</Length 5>>\rstream\rhello\rendstream\rendobj",
        "7 0 obj\(stream("hello", length: "3"))endobj", "7 0 obj\(stream("hello", length: "-1"))endobj",
        "7 0 obj\(stream("hello", length: "8 0 R"))endobj 8 0 obj 5 endobj",
        "7 0 obj\(stream("hello", length: "8 0 R"))endobj 8 0 obj 4 endobj 8 0 obj 5 endobj",
        "7 0 obj\(stream("68656c6c6f>", "/Filter 8 0 R"))endobj 8 0 obj[9 0 R]endobj 9 0 obj/AHx endobj",
        "7 0 obj\(stream("words\n8 0 obj\(stream("hello"))endobj"))endobj",
        "7 0 obj\(stream("68656c6c6f>", "/T(endstream endobj)/Filter/A#48x"))endobj",
        "7 0 obj<</Length 5>>% endstream endobj\nstream\nhello\nendstream endobj",
        "7 0 obj\(stream("hello"))endobj 7 0 obj<<>>endobj", "7 0 obj<</Length 5>>stream\nhello endobj",
    ])
    func `a stream is found wherever its object stands`(objects: String) throws {
        for head in ["%PDF-1.5\n", "", "%!PS-Adobe-3.0 PDF-1.4\n", String(repeating: "words ", count: 500)] {
            let parts = try Self.parts(Self.document(objects, head: head))
            #expect(parts.texts.contains("hello"), "\(parts)")
            #expect(parts.errors == [])
        }
    }

    @Test(arguments: [
        ("(hello \\50there\\051)", "hello (there)"), ("<68656C 6c6f>", "hello"), ("(he\\\nllo)", "hello"),
        ("(\\150ello)", "hello"), ("<FEFF00680065006C006C006F>", "hello"), ("<FFFE680065006C006C006F00>", "hello"),
        ("(a (nested) one)", "a (nested) one"),
    ])
    func `a script in a string is a part`(string: String, text: String) throws {
        let packed = Self.stream("8 0 <</JS \(string)>>", "/Type/ObjStm/N 1/First 4")
        for objects in [
            "7 0 obj<</S/JavaScript/JS \(string)>>endobj", "7 0 obj<</JS 8 0 R>>endobj 8 0 obj \(string) endobj",
            "7 0 obj\(packed)endobj",
        ] {
            #expect(try Self.parts(Self.document(objects)).texts.contains(text), "\(objects)")
        }
        // Another string is a line of one part, if the document does not hold it as it is.
        let others = try Self.parts(Self.document("7 0 obj<</Title \(string)>>endobj")).bytes["strings"]?.first
        #expect(others == (string.hasPrefix("(a") ? nil : Array("\(text)\n".utf8)))
    }

    @Test func `an attached file has its name and its use`() throws {
        let objects = """
            7 0 obj\(Self.stream("hello", "/Subtype/Image/Width 1/Height 5"))endobj
            8 0 obj<</F(a.txt)/UF<FEFF0062002E007400780074>/EF<</F 7 0 R>>>>endobj
            9 0 obj\(Self.stream("words"))endobj
            10 0 obj\(Self.stream("words of a picture", "/Filter/DCTDecode"))endobj
            """
        let parts = try Self.parts(Self.document(objects))
        #expect(parts.bytes["b.txt"] == [Array("hello".utf8)])
        #expect(parts.uses["b.txt"] == .file)
        #expect(parts.uses["object 9"] == .working)
        #expect(parts.uses["object 10"] == .picture)
    }

    @Test func `what cannot be decoded is an error, and the rest is still taken`() throws {
        let objects = """
            7 0 obj\(Self.stream("hello", "/Filter/BrotliDecode"))endobj
            8 0 obj\(Self.stream("zz", "/Filter/AHx"))endobj
            9 0 obj\(Self.stream("hello"))endobj
            """
        let parts = try Self.parts(Self.document(objects))
        #expect(parts.texts.contains("hello"))
        #expect(Set(parts.errors.map(\.code)) == [.method, .malformed])
    }

    @Test func `output is bounded in all`() throws {
        let stream = Self.stream(String(repeating: "41", count: 400), "/Filter/AHx")
        let document = Self.document((7..<40).map { "\($0) 0 obj\(stream)endobj\n" }.joined())
        #expect(try Self.parts(document, outputLimit: 33 * 400).errors == [])
        #expect(try Self.parts(document, outputLimit: 32 * 400).errors.map(\.code) == [.tooLarge])
    }

    @Test func `streams that overlap are refused`() throws {
        let objects = (7..<20_000).map { "\($0) 0 obj<<>>stream\n" }.joined() + "endstream"
        let error = #expect(throws: UnpackingError.self) { try Self.parts(Self.document(objects)) }
        #expect(error?.code == .malformed)
    }

    @Test func `objects of an object stream that overlap are refused`() throws {
        let header = (10..<4000).map { "\($0) 0" }.joined(separator: " ") + " "
        let body = "[" + String(repeating: "1 ", count: 50_000) + "]"
        let packed = Self.stream(header + body, "/Type/ObjStm/N 3990/First \(header.utf8.count)")
        #expect(try Self.parts(Self.document("7 0 obj\(packed)endobj")).errors.map(\.code) == [.malformed])
    }

    @Test func `a measure counts all filters of a chain, and names that mislead`() throws {
        let hex = String(repeating: "34", count: 1000)
        for entries in ["/Filter[/AHx/AHx]", "/Lure[/AHx/AHx]"] {
            let file = MemoryFile(Self.document("7 0 obj\(Self.stream(hex, entries))endobj"))
            let slice = FileSlice(descriptor: file.descriptor, start: 0, size: file.size)
            #expect(try PDFWorkload.measure(slice, limit: 5000) { true } == 1500)
            #expect(try PDFWorkload.measure(slice, limit: 1400) { true } > 1400)
        }
    }

    @Test(arguments: [
        ("1 0 obj<<>>endobj trailer<</Root 1 0 R>>", true), ("words of text, then 5 0 obj and %%EOF", true),
        ("an obj and a trailer", false), ("5 0 obj and nothing else", false), ("a trailer of 12 objects", false),
    ])
    func `a PDF without a header is recognised by an object and a way to it`(text: String, isPDF: Bool) throws {
        for padding in [0, 5000, (1 << 20) - 3] {
            let file = MemoryFile([UInt8](repeating: 0x2E, count: padding) + [0x20] + Array(text.utf8))
            let slice = FileSlice(descriptor: file.descriptor, start: 0, size: file.size)
            let found = try FormFinder.sightings(in: slice, magicType: nil, engineType: nil).map(\.form)
            #expect(found.contains(.pdf) == isPDF, "\(padding)")
        }
    }
}
