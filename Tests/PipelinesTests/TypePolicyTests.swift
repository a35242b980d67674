import Domain
import Foundation
import Testing

@testable import Pipelines

/// The policy of `docs/TYPES.md`: which class of bytes contradicts which class of declared type.
struct TypePolicyTests {
    /// One declared type of each class whose files have no reliable mark, so that the class alone decides.
    private static let unmarked: [(TypeClass, String)] = [
        (.text, "text/markdown"), (.script, "text/x-shellscript"), (.page, "text/html"),
        (.program, "application/x-msi"), (.archive, "application/x-lzip"), (.document, "application/vnd.wordperfect"),
        (.picture, "image/x-tga"), (.sound, "audio/mpeg"), (.film, "video/mpeg"), (.font, "font/ttf"),
        (.model, "model/iges"), (.data, "application/vnd.acme.report"),
    ]

    /// Detected types of each class that are related to none of the above.
    private static let found: [(TypeClass, [String])] = [
        (.empty, ["inode/x-empty"]), (.unknown, ["application/octet-stream"]),
        (.text, ["text/plain", "text/x-c", "application/json", "text/xml"]),
        (.script, ["text/x-php", "text/x-msdos-batch"]), (.page, ["application/xhtml+xml", "image/svg+xml"]),
        (.program, ["application/x-dosexec", "application/x-sharedlib", "application/java-vm"]),
        (.archive, ["application/x-7z-compressed", "application/x-cpio"]),
        (.document, ["application/pdf", "application/msword"]), (.picture, ["image/png", "image/x-dpx"]),
        (.sound, ["audio/flac", "audio/x-mod"]), (.film, ["video/webm", "video/x-fli"]),
        (.font, ["font/woff", "font/x-amiga-font"]), (.model, ["model/e57"]), (.data, ["application/x-hdf5"]),
    ]

    @Test func `each type of the table is of its class`() throws {
        for (expected, type) in Self.unmarked {
            #expect(TypeClass(try #require(MediaType(type))) == expected, "\(type)")
        }
        for (expected, types) in Self.found {
            for type in types { #expect(TypeClass(try #require(MediaType(type))) == expected, "\(type)") }
        }
    }

    @Test(arguments: unmarked) func `the class of the bytes decides where the declared type has no mark`(
        declaredClass: TypeClass, declared: String
    ) throws {
        for (foundClass, types) in Self.found where foundClass != declaredClass {
            for type in types {
                let agreement = TypeAgreement(declared: declared, detected: try #require(MediaType(type)))
                let isContradicted = TypeAgreement.isDangerous(foundClass, behind: declaredClass)
                // PDF and Word have relatives among text and documents; all else follows the table.
                #expect((agreement == .contradicts) == isContradicted, "\(declared), \(type)")
            }
        }
    }

    @Test(arguments: [
        "image/png", "image/jpeg", "image/gif", "image/svg+xml", "audio/flac", "video/mp4", "font/woff2",
        "application/pdf", "application/zip", "application/x-7z-compressed", "application/vnd.visio",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.oasis.opendocument.text", "application/vnd.microsoft.portable-executable",
    ]) func `bytes without the mark of the declared type contradict it`(declared: String) throws {
        for type in [
            "application/octet-stream", "text/plain", "text/html", "image/webp", "audio/midi", "application/x-cpio",
            "application/x-hdf5", "font/woff",
        ] {
            let agreement = TypeAgreement(declared: declared, detected: try #require(MediaType(type)))
            #expect(agreement == .contradicts, "\(type)")
        }
    }

    @Test func `the page on types has the same table`() throws {
        let page = try String(
            contentsOf: URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/TYPES.md"),
            encoding: .utf8)
        let declared = Self.unmarked.map(\.0)
        let rows = TypeClass.allCases.map { found in
            "| \(found.rawValue) | "
                + declared.map { TypeAgreement.isDangerous(found, behind: $0) ? "no" : "" }.joined(separator: " | ")
                + " |"
        }
        for row in rows { #expect(page.contains(row), "\(row)") }
        #expect(page.contains("| bytes \\ declared | " + declared.map(\.rawValue).joined(separator: " | ") + " |"))
    }

    @Test(
        arguments: [
            ("text/plain", "text/plain", nil), ("text/plain", "text/html", nil), ("text/plain", "text/x-c", nil),
            ("text/plain", "message/news", nil), ("text/plain", "application/octet-stream", nil),
            (nil, "text/x-c", nil), (nil, "text/csv", nil), (nil, "message/news", nil),
            (nil, "application/javascript", nil),
            (nil, "text/html", "type-not-accepted"), (nil, "text/x-shellscript", "type-not-accepted"),
            (nil, "application/zip", "type-not-accepted"), ("text/plain", "application/gzip", "type-not-accepted"),
            ("text/plain", "application/zstd", "type-not-accepted"), ("text/html", "text/plain", "type-not-accepted"),
            ("text/javascript", "text/plain", "type-not-accepted"),
        ] as [(String?, String, String?)])
    func `a list of plain text accepts guesses and nothing that is declared as more`(
        declared: String?, detected: String, breach: String?
    ) throws {
        let list = [try #require(TypePattern("text/plain"))]
        let acceptance = Acceptance(maxSize: nil, types: list, declaredType: .mustAgree)
        #expect(acceptance.breaches(declared: declared, detected: detected).map(\.name) == (breach.map { [$0] } ?? []))
    }

    @Test(
        arguments: [
            ("application/vnd.ms-excel", "text/plain", nil), ("application/vnd.ms-excel", "text/csv", nil),
            ("application/vnd.ms-excel", "application/octet-stream", nil),
            ("application/vnd.ms-excel", "inode/x-empty", nil),
            ("application/vnd.ms-excel", "application/x-ole-storage", "type-not-accepted"),
            ("application/vnd.ms-excel", "text/html", "type-not-accepted"),
            ("application/vnd.ms-excel", "text/x-shellscript", "type-not-accepted"),
            ("video/mp2t", "application/javascript", "type-not-accepted"),
            ("application/msword", "text/plain", "type-not-accepted"),
            ("text/csv", "inode/x-empty", nil), ("text/html", "inode/x-empty", "type-not-accepted"),
            (nil, "inode/x-empty", "type-not-accepted"),
        ] as [(String?, String, String?)])
    func `a list of CSV accepts a table that Windows declares as a workbook`(
        declared: String?, detected: String, breach: String?
    ) throws {
        let list = [try #require(TypePattern("text/csv"))]
        let acceptance = Acceptance(maxSize: nil, types: list, declaredType: .mustAgree)
        let breaches = acceptance.breaches(declared: declared, detected: detected)
        #expect(breaches.first?.name == breach)
    }

    @Test(
        arguments: [
            ("video/mp2t", "application/javascript"), ("video/vnd.dlna.mpeg-tts", "text/plain"),
            ("application/vnd.ms-powerpoint", "text/x-po"), ("application/msword", "text/plain"),
            ("text/plain", "inode/x-empty"), ("text/javascript", "inode/x-empty"),
        ])
    func `a list of texts accepts those that go by the name of another ending`(
        declared: String, detected: String
    ) throws {
        let list = [try #require(TypePattern("text/*"))]
        let acceptance = Acceptance(maxSize: nil, types: list, declaredType: .mustAgree)
        #expect(acceptance.breaches(declared: declared, detected: detected).isEmpty)
        #expect(!acceptance.breaches(declared: declared, detected: "video/mpeg").isEmpty)
    }

    @Test(arguments: ["text/xml", "message/rfc822"])
    func `a list of plain texts accepts no document that Word opens`(detected: String) throws {
        let list = [try #require(TypePattern("text/plain"))]
        let acceptance = Acceptance(maxSize: nil, types: list, declaredType: .mustAgree)
        let breaches = acceptance.breaches(declared: "application/msword", detected: detected)
        #expect(breaches.map(\.name) == ["type-not-accepted"])
    }

    @Test func `nothing is no picture`() throws {
        let list = try ["image/*", "application/pdf"].map { try #require(TypePattern($0)) }
        let acceptance = Acceptance(maxSize: nil, types: list, declaredType: .mustAgree)
        for declared in ["image/png", "image/svg+xml", "application/pdf"] {
            #expect(!acceptance.breaches(declared: declared, detected: "inode/x-empty").isEmpty)
        }
    }

    @Test func `a list that names a packed type accepts packed texts`() throws {
        let list = try ["text/csv", "application/gzip"].map { try #require(TypePattern($0)) }
        let acceptance = Acceptance(maxSize: nil, types: list, declaredType: .mustAgree)
        #expect(acceptance.breaches(declared: "text/csv", detected: "application/gzip").isEmpty)
        #expect(!acceptance.breaches(declared: "text/csv", detected: "application/x-xz").isEmpty)
    }

    @Test func `a contradiction is noted where the pipeline warns only`() {
        let acceptance = Acceptance(maxSize: nil, types: nil, declaredType: .warn)
        let findings = acceptance.breaches(declared: "image/png", detected: "application/zip")
        #expect(findings.map(\.kind) == [.note] && findings.map(\.name) == ["declared-type"])
    }
}
