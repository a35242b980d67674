import Foundation
import Glibc
import ScannerTestKit
import TestKit
import Testing
import Unpacking

@testable import Scanning

/// Where libmagic guesses or gives up, and the bytes have a mark.
struct TypeRefinementTests {
    private static func refined(_ bytes: [UInt8], _ type: String, isWhole: Bool = true) throws -> String {
        let file = Spool(bytes)
        let slice = FileSlice(descriptor: file.descriptor, start: 0, size: Int64(bytes.count))
        return try TypeRefinement(slice, isWhole: isWhole).refined(type)
    }

    @Test(arguments: [
        ("<!DOCTYPE html><title>x</title>", "text/html"), ("\u{FEFF}  <HTML lang=en>", "text/html"),
        ("<!-- a comment --><p>words", "text/html"), ("<script>f()</script>", "text/html"),
        ("# A project\n\n<p align=\"center\">", "text/plain"), ("SKU;Text\n1;\"<a href=x>y</a>\"", "text/plain"),
        ("<pre-script>", "text/plain"), ("<b", "text/plain"), ("words <html>", "text/plain"),
        ("<html xmlns=\"http://www.w3.org/1999/xhtml\">", "application/xhtml+xml"),
        (
            "<?xml version=\"1.0\"?>\n<!DOCTYPE html [<!ENTITY a \"b\">]>\n<html xmlns='http://www.w3.org/1999/xhtml'>",
            "application/xhtml+xml"
        ),
    ]) func `a page is what a browser takes for one`(text: String, type: String) throws {
        #expect(try Self.refined(Array(text.utf8), "text/html") == type)
    }

    @Test(arguments: [
        ("# Notes\n\n`%PDF-1.4` begins one.\n", "text/plain"), ("%PDF-1.4\n", "application/pdf"),
        ("# Notes\n%PDF-1.4\n1 0 obj\n<<>>\nendobj\n", "application/pdf"), ("\u{1}%PDF-1.4", "application/pdf"),
    ]) func `a text about PDF is none`(text: String, type: String) throws {
        #expect(try Self.refined(Array(text.utf8), "application/pdf") == type)
    }

    @Test func `a component of WebAssembly is a program`() throws {
        let mark: [UInt8] = [0, 0x61, 0x73, 0x6D]
        #expect(try Self.refined(mark + [13, 0, 1, 0], "application/octet-stream") == "application/wasm")
        #expect(try Self.refined(mark + [13, 0, 1], "application/octet-stream") == "application/octet-stream")
    }

    @Test(arguments: [([0x61], "text/plain"), ([0x0A], "text/plain"), ([0], "application/octet-stream")])
    func `a single character is text`(bytes: [UInt8], type: String) throws {
        #expect(try Self.refined(bytes, "application/octet-stream") == type)
    }

    @Test func `two bytes without the name of a member are no ARC`() throws {
        let rest = [UInt8](repeating: 0x31, count: 40)
        for name in ["a", "READ.ME", "ABCDEFGH.TXT"] {
            #expect(
                try Self.refined([0x1A, 8] + Array(name.utf8) + [0] + rest, "application/x-arc") == "application/x-arc")
        }
        #expect(try Self.refined([0x1A, 0x48, 0x50, 0x25] + rest, "application/x-arc") == "application/x-arc")
        for start: [UInt8] in [[0x1A, 8, 0], [0x1A, 8, 0x41, 9, 0], [0x1A, 2], [0x1A, 9, 0x7F, 0]] {
            #expect(try Self.refined(start + rest, "application/x-arc") == "application/octet-stream")
        }
    }

    @Test(arguments: [
        "<svg xmlns=\"http://www.w3.org/2000/svg\"/>", "\u{FEFF}<svg/>", "\n\n <svg >", "<!-- made by hand --><svg/>",
        "<?xml version=\"1.0\"?><!-- x --><!DOCTYPE svg PUBLIC \"a\" \"b\"><svg:svg xmlns:svg=\"u\"/>",
    ]) func `an SVG is found by its root element`(text: String) throws {
        for type in ["text/plain", "text/xml", "text/html", "application/octet-stream"] {
            #expect(try Self.refined(Array(text.utf8), type) == "image/svg+xml", "\(type)")
        }
        var wide: [UInt8] = [0xFF, 0xFE]
        for unit in text.filter({ $0 != "\u{FEFF}" }).utf16 { wide += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
        #expect(try Self.refined(wide, "text/plain") == "image/svg+xml")
    }

    @Test(arguments: ["words <svg/>", "<svgs/>", "<html><svg/></html>", "<!-- <svg/>", "<?xml <svg/>"])
    func `an SVG within a text is none`(text: String) throws {
        #expect(try Self.refined(Array(text.utf8), "text/plain") == "text/plain")
    }

    @Test func `a film is found by its boxes`() throws {
        func box(_ kind: String, _ count: Int) -> [UInt8] {
            let length = UInt32(count + 8).bigEndian
            return withUnsafeBytes(of: length) { Array($0) } + Array(kind.utf8) + [UInt8](repeating: 0, count: count)
        }
        let ftyp = Array([0, 0, 0, 24]) + Array("ftyp".utf8) as [UInt8]
        let unknown = "application/octet-stream"
        #expect(try Self.refined(ftyp + Array("XAVC\0\0\0\0mp42iso2".utf8) + box("mdat", 9), unknown) == "video/mp4")
        #expect(try Self.refined(ftyp + Array("qt  \0\0\0\0qt  qt  ".utf8), unknown) == "video/quicktime")
        #expect(try Self.refined(ftyp + Array("MA1B\0\0\0\0avifmif1".utf8), unknown) == "image/avif")
        #expect(try Self.refined(box("wide", 0) + box("mdat", 64) + box("moov", 9), unknown) == "video/quicktime")
        #expect(try Self.refined(box("free", 10) + box("skip", 10), unknown) == unknown, "no film in it")
        #expect(try Self.refined(box("moov", 10) + box("words", 10), unknown) == unknown)
        #expect(try Self.refined(Array([0, 0, 0, 9]) + Array("ftyp".utf8), unknown) == unknown)
    }

    @Test func `a document is found by the part that names it, wherever that stands`() throws {
        let office = "application/vnd.openxmlformats-officedocument."
        for (part, type) in [
            (office + "wordprocessingml.template.main+xml", office + "wordprocessingml.template"),
            (office + "presentationml.slideshow.main+xml", office + "presentationml.slideshow"),
            ("application/vnd.ms-excel.sheet.macroEnabled.main+xml", "application/vnd.ms-excel.sheet.macroEnabled.12"),
        ] {
            let xml = "<Types><Override PartName=\"/a.xml\" ContentType=\"\(part)\"/></Types>"
            let bytes = try python(
                """
                import zipfile
                out = io.BytesIO()
                with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
                    for i in range(40): z.writestr(f'customXml/{i}.xml', '<a/>' * 90)
                    z.writestr('[Content_Types].xml', data)
                sys.stdout.buffer.write(out.getvalue())
                """, input: Array(xml.utf8))
            for detected in ["application/zip", "application/octet-stream", office + "wordprocessingml.document"] {
                #expect(try Self.refined(bytes, detected) == type)
            }
            #expect(try Self.refined(bytes, "application/octet-stream", isWhole: false) == "application/zip")
        }
    }

    @Test(arguments: [
        ("MZ words", "application/x-dosexec", "text/plain"),
        ("MZ\u{1}", "application/x-dosexec", "application/x-dosexec"),
        ("GIF89a words, überall", "image/gif", "text/plain"), ("BM words", "image/bmp", "text/plain"),
        ("%PDF-1.4", "application/pdf", "application/pdf"), ("x", "image/png", "image/png"),
    ]) func `a text that begins like another form by chance is a text`(text: String, type: String, refined: String)
        throws
    {
        #expect(try Self.refined(Array(text.utf8), type) == refined)
    }

    @Test func `a PDF is found behind the bytes that readers skip`() throws {
        let pdf = "%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
        for type in ["text/plain", "application/octet-stream"] {
            #expect(try Self.refined(Array(("job ticket\n" + pdf).utf8), type) == "application/pdf")
            #expect(try Self.refined(Array((String(repeating: "\n", count: 1100) + pdf).utf8), type) == type)
            #expect(try Self.refined(Array("A PDF begins with %PDF-1.4 and has an object.".utf8), type) == type)
        }
    }
}
