/// Harmless files of common kinds. A set of signatures that finds something in one of them is broken.
enum KnownSamples {
    static let clean: [(name: String, bytes: [UInt8])] = [
        ("text", text), ("HTML page", Array(page.utf8)),
        ("JSON text", Array(#"{"name":"sample","list":[1,2,3]}"#.utf8)),
        ("script", Array("#!/bin/sh\nset -eu\necho \"nothing to do\"\n".utf8)), ("PNG image", png), ("GIF image", gif),
        ("PDF document", Array(pdf.utf8)), ("ZIP archive", singleFileZip(containing: text)),
        ("zeros", Array(repeating: 0, count: 4096)),
    ]

    private static let text = Array(
        "Minutes of the meeting: all members were present, and nobody had anything to add.\r\n".utf8)

    private static let page = """
        <!DOCTYPE html>
        <html><head><title>Sample</title></head>
        <body><h1>Sample</h1><p>A paragraph with a <a href="https://example.com/">link</a>.</p></body></html>

        """

    /// One black pixel (PNG, third edition, section 5).
    private static let png: [UInt8] = [
        0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0x00, 0x00, 0x00, 0x0D, 0x49, 0x48, 0x44, 0x52, 0x00, 0x00,
        0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x08, 0x06, 0x00, 0x00, 0x00, 0x1F, 0x15, 0xC4, 0x89, 0x00, 0x00, 0x00,
        0x0D, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9C, 0x63, 0x60, 0x60, 0x60, 0xF8, 0x0F, 0x00, 0x01, 0x04, 0x01, 0x00,
        0x5F, 0xE5, 0xC3, 0x4B, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82,
    ]

    /// One white pixel (GIF89a).
    private static let gif: [UInt8] = [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x01, 0x00, 0x01, 0x00, 0x80, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0x00, 0x00,
        0x00, 0x2C, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x01, 0x00, 0x00, 0x02, 0x02, 0x44, 0x01, 0x00, 0x3B,
    ]

    /// One empty page (ISO 32000-1, annex H.2).
    private static let pdf = """
        %PDF-1.4
        1 0 obj
        << /Type /Catalog /Pages 2 0 R >>
        endobj
        2 0 obj
        << /Type /Pages /Kids [3 0 R] /Count 1 >>
        endobj
        3 0 obj
        << /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Resources << >> >>
        endobj
        xref
        0 4
        0000000000 65535 f\u{20}
        0000000009 00000 n\u{20}
        0000000058 00000 n\u{20}
        0000000115 00000 n\u{20}
        trailer
        << /Size 4 /Root 1 0 R >>
        startxref
        203
        %%EOF

        """
}
