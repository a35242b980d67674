import Testing

@testable import Pipelines

struct DeclaredTypeTests {
    private static let word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    private static let excel = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    /// The declared type, the detected type, and their agreement.
    @Test(
        arguments: [
            (nil, "image/png", .agrees),
            ("", "image/png", .agrees),
            ("application/octet-stream", "image/png", .agrees),
            ("binary/octet-stream", "application/pdf", .agrees),
            ("garbage", "image/png", .agrees),
            ("image/png", "image/png", .agrees),
            ("IMAGE/PNG", "image/png", .agrees),
            ("image/png ; charset=utf-8", "image/png", .agrees),
            (" text/plain;charset=UTF-8", "text/plain", .agrees),
            ("image/jpg", "image/jpeg", .agrees),
            ("image/pjpeg", "image/jpeg", .agrees),
            ("application/x-zip-compressed", "application/zip", .agrees),
            ("application/xml", "text/xml", .agrees),
            ("audio/mp3", "audio/mpeg", .agrees),
            ("audio/x-m4a", "audio/mp4", .agrees),
            ("audio/wav", "audio/x-wav", .agrees),
            ("image/x-icon", "image/vnd.microsoft.icon", .agrees),
            ("application/x-msdownload", "application/vnd.microsoft.portable-executable", .agrees),
            ("application/x-dosexec", "application/vnd.microsoft.portable-executable", .agrees),
            ("application/rtf", "text/rtf", .agrees),
            ("application/x-rar-compressed", "application/x-rar", .agrees),
            ("text/plain", "application/json", .agrees),
            ("text/plain", "text/csv", .agrees),
            ("text/plain", "text/html", .agrees),
            ("image/png, image/x-png", "image/png", .agrees),
            ("text/plain; note=\"a, b\"", "text/plain", .agrees),
            (",,", "image/png", .agrees),
            // An empty object contradicts nothing.
            ("image/png", "inode/x-empty", .agrees),
            ("text/html", "application/x-empty", .agrees),

            ("text/csv", "text/plain", .mayHold),
            ("text/markdown", "text/plain", .mayHold),
            ("text/css", "text/x-c", .mayHold),
            ("text/csv", "text/x-shellscript", .mayHold),
            ("application/javascript", "text/plain", .mayHold),
            ("application/json", "text/plain", .mayHold),
            ("application/x-yaml", "text/plain", .mayHold),
            ("application/geo+json", "application/json", .mayHold),
            ("application/rss+xml", "text/xml", .mayHold),
            ("image/svg+xml", "text/xml", .mayHold),
            (word, "application/zip", .mayHold),
            ("application/epub+zip", "application/zip", .mayHold),
            ("application/java-archive", "application/zip", .mayHold),
            ("application/vnd.oasis.opendocument.text", "application/zip", .mayHold),
            ("application/vnd.ms-word.document.macroEnabled.12", word, .mayHold),
            (word, "application/encrypted", .mayHold),
            ("application/msword", "application/x-ole-storage", .mayHold),
            ("application/x-tar", "application/gzip", .mayHold),
            ("audio/mp4", "video/mp4", .mayHold),
            ("video/quicktime", "video/mp4", .mayHold),
            ("audio/ogg", "application/ogg", .mayHold),
            ("audio/webm", "video/webm", .mayHold),
            ("application/vnd.acme.report", "application/octet-stream", .mayHold),
            ("application/vnd.ms-excel", "text/csv", .mayHold),
            ("application/msword", "text/rtf", .mayHold),
            ("application/x-compressed-tar", "application/gzip", .mayHold),
            ("font/ttf", "font/sfnt", .mayHold),
            ("application/illustrator", "application/pdf", .mayHold),
            ("image/x-adobe-dng", "image/tiff", .mayHold),
            ("application/x-x509-ca-cert", "text/plain", .mayHold),
            // A browser uses the last of several types that it can parse.
            ("garbage, text/html", "text/plain", .mayHold),
            ("text/plain, text/html", "text/plain", .mayHold),
            ("text/html;charset=utf-8 , text/plain", "text/plain", .mayHold),

            ("image/png", "application/vnd.microsoft.portable-executable", .contradicts),
            ("image/png", "image/jpeg", .contradicts),
            ("image/png, text/html", "image/png", .contradicts),
            ("application/octet-stream,text/html", "image/png", .contradicts),
            ("text/html, image/png", "image/png", .contradicts),
            // Hostile pairs: a page, a script or a program that is declared as something else.
            ("image/png", "application/xhtml+xml", .contradicts),
            ("image/gif", "application/javascript", .contradicts),
            ("application/pdf", "application/x-dosexec", .contradicts),
            ("text/plain", "application/x-sharedlib", .contradicts),
            ("application/msword", "text/html", .contradicts),
            ("application/vnd.ms-excel", "text/html", .contradicts),
            ("application/vnd.ms-excel", "text/x-php", .contradicts),
            ("image/x-icon", "application/vnd.microsoft.portable-executable", .contradicts),
            ("font/woff", "text/html", .contradicts),
            ("video/mp4", "text/html", .contradicts),
            ("video/mp2t", "application/javascript", .mayHold),
            ("application/x-compressed", "application/vnd.microsoft.portable-executable", .contradicts),
            ("application/postscript", "application/x-executable", .contradicts),
            ("image/tiff", "application/octet-stream", .contradicts),
            ("image/png", "text/html", .contradicts),
            ("image/png", "text/plain", .contradicts),
            ("image/png", "application/octet-stream", .contradicts),
            ("application/pdf", "application/octet-stream", .contradicts),
            ("application/pdf", "application/zip", .contradicts),
            ("application/pdf", "text/plain", .contradicts),
            ("text/plain", "application/x-executable", .contradicts),
            ("text/plain", "application/octet-stream", .mayHold),
            ("text/plain", "image/png", .contradicts),
            ("text/csv", "text/html", .mayHold),
            ("image/svg+xml", "text/html", .contradicts),
            ("image/svg+xml", "text/plain", .contradicts),
            ("text/html", "image/svg+xml", .mayHold),
            (word, excel, .contradicts),
            (word, "application/x-ole-storage", .contradicts),
            ("application/zip", word, .agrees),
            ("application/zip", "application/gzip", .contradicts),
            ("application/json", "text/xml", .mayHold),
            ("video/mp4", "video/webm", .contradicts),
        ] as [(String?, String, TypeAgreement)])
    func `a declared type is compared with the detected type`(
        declared: String?, detected: String, expected: TypeAgreement
    ) throws {
        let found = try #require(MediaType(detected))
        #expect(TypeAgreement(declared: declared, detected: found) == expected)
    }

    @Test(arguments: [
        ("image/png", "image/png", true), ("image/jpg", "image/jpeg", true), ("image/*", "image/jpeg", true),
        ("IMAGE/*", "image/jpeg", true), ("text/*", "text/x-c", true), ("text/*", "application/json", false),
        ("application/*", "application/xml", true), ("text/*", "application/xml", true),
        ("image/*", "imagery/x", false),
        ("inode/x-empty", "application/x-empty", true), ("image/png", "image/jpeg", false),
    ])
    func `a pattern matches a type by any of its names`(pattern: String, type: String, isMatch: Bool) throws {
        #expect(try #require(TypePattern(pattern)).matches(try #require(MediaType(type))) == isMatch)
    }

    @Test(arguments: [
        "png", "image/", "/png", "image", "*/png", "*", "image/p*", "a/b/c", "image/png; q=1", "", "image /png",
        " image/*",
    ])
    func `a text that is not a media type is not a pattern`(text: String) {
        #expect(TypePattern(text) == nil)
    }
}
