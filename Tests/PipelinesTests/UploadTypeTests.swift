import Foundation
import Testing

@testable import Pipelines

/// Common kinds of upload: the type that libmagic 5.44 detects, and the types that browsers on common systems declare
/// (`Fixtures/types/types.json`; `samples.py` beside it makes the files).
struct UploadTypeTests {
    struct Upload: Decodable, Sendable {
        let kind: String
        let detected: String
        let declared: [String]
    }

    static let uploads: [String: Upload] = {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Fixtures/types/types.json")
        return try! JSONDecoder().decode([String: Upload].self, from: Data(contentsOf: path))
    }()

    @Test func `the table has every common kind`() {
        #expect(Self.uploads.count >= 150)
        let kinds = Set(Self.uploads.values.map(\.kind))
        #expect(
            kinds == ["picture", "sound", "film", "document", "archive", "text", "font", "program", "data"])
    }

    @Test(arguments: uploads.keys.sorted()) func `the type that a browser declares is not contradicted`(name: String)
        throws
    {
        let upload = try #require(Self.uploads[name])
        let detected = try #require(MediaType(upload.detected))
        for declared in upload.declared {
            #expect(
                TypeAgreement(declared: declared, detected: detected) != .contradicts,
                "\(declared), and libmagic says \(upload.detected)")
        }
    }

    /// Names that the systems' tables give to an ending which other files have as well.
    @Test(arguments: [
        ("application/x-msdos-program", "text/x-msdos-batch"), ("application/x-msdos-program", "text/plain"),
        ("application/x-msdos-program", "application/x-ms-ne-executable"),
        ("application/x-msdos-program", "application/octet-stream"),
        ("application/x-ms-dos-executable", "application/x-ms-ne-executable"),
        ("application/x-msdownload", "text/plain"),
        ("application/vnd.ms-powerpoint", "text/x-po"),
        ("application/vnd.oasis.opendocument.formula-template", "application/vnd.ms-opentype"),
        ("application/pgp-keys", "application/zip"), ("text/vnd.graphviz", "application/msword"),
        ("application/xml-dtd", "audio/x-mod"), ("image/svg+xml", "application/gzip"),
        ("application/msword", "text/plain"), ("application/msword", "text/x-c"),
        ("application/postscript", "text/plain"),
        ("application/vnd.ms-outlook", "text/plain"), ("text/vnd.trolltech.linguist", "video/MP2T"),
        ("text/vnd.a", "application/x-archive"), ("application/vnd.ms-excel", "application/octet-stream"),
        (
            "application/vnd.oasis.opendocument.presentation",
            "application/vnd.oasis.opendocument.presentation-template"
        ),
        ("application/vnd.oasis.opendocument.text-template", "application/vnd.oasis.opendocument.text"),
        ("application/vnd.oasis.opendocument.base", "application/vnd.oasis.opendocument.database"),
        ("application/vnd.ms-outlook", "message/rfc822"), ("image/vnd.fpx", "application/vnd.ms-office"),
        ("image/jp2", "image/x-jp2-codestream"), ("application/vnd.android.package-archive", "application/gzip"),
        ("application/vnd.ms-package.3dmanufacturing-3dmodel+xml", "application/zip"),
        ("model/3mf", "application/zip"), ("model/vnd.pixar.usd", "application/zip"),
        ("application/vnd.visio", "application/vnd.ms-visio.drawing.main+xml"),
        ("application/vnd.visio", "application/vnd.ms-visio.drawing"), ("text/x-microdvd", "video/mpeg"),
        ("application/postscript", "application/vnd.cups-ppd"),
        ("application/x-dia-diagram", "application/gzip"), ("application/x-abiword", "application/gzip"),
        ("audio/ogg", "application/octet-stream"), ("video/x-ms-asf", "text/plain"), ("video/x-ms-asf", "text/xml"),
        ("audio/mid", "text/csv"), ("audio/midi", "text/plain"),
        ("model/vnd.dwf", "application/zip"),
        ("image/x-coreldraw", "application/zip"), ("image/x-coreldraw", "application/vnd.corel-draw"),
        ("application/x-python-code", "application/x-bytecode.python"),
        // What `aws s3 cp` declares for table.csv.gz and its like.
        ("text/csv", "application/gzip"), ("text/plain", "application/x-bzip2"),
        ("application/json", "application/x-xz"),
        ("application/sql", "application/gzip"), ("text/tab-separated-values", "application/zstd"),
        ("application/xml", "application/x-bzip2"), ("text/html", "application/gzip"),
        ("text/plain", "application/x-compress"),
    ]) func `a name that other files share is not contradicted by them`(declared: String, detected: String) throws {
        #expect(TypeAgreement(declared: declared, detected: try #require(MediaType(detected))) != .contradicts)
    }

    @Test(arguments: [
        ("application/msword", "text/html"), ("application/msword", "text/x-shellscript"),
        ("application/msword", "application/vnd.microsoft.portable-executable"), ("image/svg+xml", "application/zip"),
        ("image/png", "application/gzip"), ("text/plain", "application/vnd.ms-powerpoint"),
        ("application/pgp-keys", "application/x-executable"),
        ("application/vnd.oasis.opendocument.text", "application/vnd.ms-opentype"),
        ("application/vnd.ms-powerpoint", "text/html"), ("application/postscript", "text/html"),
        ("application/msword", "application/octet-stream"), ("text/plain", "video/MP2T"),
        (
            "application/vnd.oasis.opendocument.presentation",
            "application/vnd.oasis.opendocument.spreadsheet-template"
        ),
        ("application/java-archive", "text/plain"), ("text/x-microdvd", "application/zip"),
        ("application/vnd.android.package-archive", "application/pdf"), ("model/vnd.pixar.usd", "application/pdf"),
        ("application/vnd.visio", "text/plain"), ("text/csv", "application/zip"), ("text/plain", "application/vnd.rar"),
        ("text/csv", "application/x-7z-compressed"), ("text/plain", "application/x-tar"),
        ("audio/mpeg", "application/gzip"),
        ("video/x-ms-asf", "text/html"), ("audio/midi", "text/html"), ("audio/midi", "application/octet-stream"),
        ("image/x-coreldraw", "application/x-executable"),
        ("image/x-coreldraw", "application/pdf"), ("image/x-coreldraw", "text/html"),
        ("image/x-coreldraw", "application/gzip"), ("image/x-cdr", "application/pdf"),
        ("text/x-python", "application/x-bytecode.python"), ("audio/ogg", "text/html"),
        ("audio/ogg", "application/x-executable"), ("audio/flac", "application/octet-stream"),
        ("application/pdf", "application/gzip"),
    ]) func `beside them a contradiction stays one`(declared: String, detected: String) throws {
        #expect(TypeAgreement(declared: declared, detected: try #require(MediaType(detected))) == .contradicts)
    }

    /// What text and unknown bytes may stand behind, nothing that a reader runs may.
    @Test(
        arguments: [
            "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint", "application/postscript",
            "application/vnd.ms-outlook", "image/vnd.fpx", "image/jp2",
        ],
        [
            "text/html", "application/xhtml+xml", "image/svg+xml", "text/x-shellscript", "text/x-php", "text/vbscript",
            "application/hta", "text/x-msdos-batch", "application/vnd.microsoft.portable-executable",
            "application/x-executable", "application/x-mach-binary", "application/java-vm",
            "application/x-ms-shortcut",
        ]) func `an active class contradicts a name that text is given to`(declared: String, detected: String) throws
    {
        #expect(TypeAgreement(declared: declared, detected: try #require(MediaType(detected))) == .contradicts)
    }

    /// Media in a page is trusted by its type: bytes of a dangerous class contradict it.
    @Test func `a program, a page, an archive or a document contradicts a declared media type`() throws {
        let declaredTypes = Self.uploads.values.filter { ["picture", "sound", "film", "font"].contains($0.kind) }
            .flatMap(\.declared).filter { MediaType($0).map { TypeClass($0).isMedia } ?? false }
        var tried = 0
        for (name, upload) in Self.uploads {
            let detected = try #require(MediaType(upload.detected))
            guard [.program, .page, .script, .archive, .document].contains(TypeClass(detected)) else { continue }
            for declared in declaredTypes
            where declared != upload.detected && !(declared == "image/x-eps" && name == "ps")
                && !(declared.contains("xcf") && upload.detected == "application/gzip")
                && !(declared.contains("svg") && upload.detected == "application/gzip")
            {
                tried += 1
                let agreement = TypeAgreement(declared: declared, detected: detected)
                #expect(
                    agreement == .contradicts || detected.canonical == MediaType(declared)?.canonical,
                    "\(name): \(declared), and libmagic says \(upload.detected)")
            }
        }
        #expect(tried > 2000)
    }

    @Test(arguments: ["application/pdf", "application/zip", "text/html", "text/plain", "application/json", "font/woff"])
    func `a program contradicts every other declared type`(declared: String) throws {
        for upload in Self.uploads.values
        where upload.kind == "program" && upload.detected != "application/x-ole-storage" {
            #expect(
                TypeAgreement(declared: declared, detected: try #require(MediaType(upload.detected))) == .contradicts,
                "\(declared), and libmagic says \(upload.detected)")
        }
    }
}
