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

    /// Media in a page is trusted by its type: bytes of another kind must contradict it.
    @Test(arguments: ["picture", "sound", "film"]) func `bytes of another kind contradict a declared media type`(
        kind: String
    ) {
        let declaredTypes = Self.uploads.values.filter { $0.kind == kind }.flatMap(\.declared).filter {
            $0.hasPrefix("image/") || $0.hasPrefix("audio/") || $0.hasPrefix("video/")
        }
        // Sound and film share container formats.
        let near: Set<String> = kind == "picture" ? ["picture"] : ["sound", "film"]
        for (name, upload) in Self.uploads where !near.contains(upload.kind) && name != "empty" {
            guard let detected = MediaType(upload.detected) else { continue }
            for declared in declaredTypes where !Self.isAlsoValid(declared, upload.detected) {
                #expect(
                    TypeAgreement(declared: declared, detected: detected) == .contradicts,
                    "\(name): \(declared), and libmagic says \(upload.detected)")
            }
        }
    }

    /// EPS is PostScript, and SVG is XML.
    private static func isAlsoValid(_ declared: String, _ detected: String) -> Bool {
        (declared == "image/x-eps" && detected == "application/postscript")
            || (declared == "image/svg+xml" && detected == "text/xml")
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
