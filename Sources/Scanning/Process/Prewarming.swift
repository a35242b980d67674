import CShims
import Domain
import Glibc
import ScanProtocol
import Unpacking

/// Makes the libraries open, in the first process, every file that they open on first use: children can open none in
/// their sandbox. If a library cannot open such a file, it silently does without it.
func prewarm(_ engines: borrowing Engines, _ detector: borrowing TypeDetector) {
    lz_load_time_zone()
    MailOpener.prewarm()
    // libclamav converts pages in any encoding to UTF-16, and names in any code page to UTF-8.
    for encoding in encodings {
        _ = unsafe lz_load_encoding("UTF-16BE", encoding)
        _ = unsafe lz_load_encoding("UTF-8//TRANSLIT", encoding)
    }
    for sample in samples {
        let descriptor = unsafe lz_memfd("sample")
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        guard unsafe write(descriptor, sample, sample.count) == sample.count else { return }
        _ = engines.scan(descriptor, size: Int64(sample.count), limits: ScanLimits(), matching: .whole)
        _ = detector.detect(descriptor, size: Int64(sample.count), isWhole: true)
        _ = detector.detect(descriptor, size: Int64(sample.count), isWhole: false)
    }
}

/// The encodings that browsers support (WHATWG, "Encoding") and the Windows code pages, by their names in iconv(3).
private let encodings: [String] =
    [
        "UTF-16", "UTF-16LE", "UCS-4", "UTF-32", "UTF-7", "GB18030", "GBK", "GB2312", "BIG5", "BIG5-HKSCS", "SHIFT_JIS",
        "CP932", "CP936", "CP949", "CP950", "JOHAB", "EUC-JP", "EUC-KR", "EUC-CN", "EUC-TW", "ISO-2022-JP",
        "ISO-2022-JP-2", "ISO-2022-JP-3", "ISO-2022-KR", "KOI8-R", "KOI8-U", "CP866", "CP875", "CP1025", "MACINTOSH",
        "MAC-CYRILLIC", "WINDOWS-874", "TIS-620",
    ]
    + (1250...1258).map { "WINDOWS-\($0)" } + (1...16).filter { $0 != 12 }.map { "ISO-8859-\($0)" }
    + [
        "037", "273", "277", "278", "280", "284", "285", "290", "297", "420", "423", "424", "437", "500", "775", "850",
        "852", "855", "857", "860", "861", "863", "864", "865", "869", "870", "871", "880", "905", "1026",
    ].map { "IBM\($0)" }

/// One small harmless file for each of libclamav's code paths.
private let samples: [[UInt8]] = [
    Array("plain words, and enough of them to be taken for a text\n".utf8),
    Array("\u{FEFF}plain words\r\n".utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }),
    Array(
        """
        <html><head><meta http-equiv="Content-Type" content="text/html; charset=windows-1252"></head><body>
        <a href="http://example.com/">words &eacute;</a><script>var a = 1;</script></body></html>
        """.utf8),
    Array("<?xml version=\"1.0\" encoding=\"UTF-16\"?><svg xmlns=\"http://www.w3.org/2000/svg\"/>\n".utf8),
    Array(
        """
        From: a@example.com\r
        Date: Thu, 1 Jan 1970 00:00:00 +0000\r
        Subject: =?iso-8859-1?Q?w=F6rds?=\r
        MIME-Version: 1.0\r
        Content-Type: multipart/mixed; boundary=x\r
        \r
        --x\r
        Content-Type: text/plain; name=a.txt\r
        Content-Transfer-Encoding: base64\r
        \r
        cGxhaW4gd29yZHM=\r
        --x--\r

        """.utf8),
    Array("%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Title (words) >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n".utf8),
    Array("{\\rtf1\\ansi\\ansicpg1252 words}\n".utf8),
    singleFileZip(containing: Array("plain words in an archive".utf8)),
    singleFileZip(containing: singleFileZip(containing: Array("plain words in an archive's archive".utf8))),
    // The two headers of an executable, an OLE2 header, and the first bytes of a PNG and a JPEG, all without a body.
    [0x4D, 0x5A] + [UInt8](repeating: 0, count: 58) + [0x40, 0, 0, 0, 0x50, 0x45, 0, 0, 0x4C, 0x01]
        + [UInt8](repeating: 0, count: 256),
    [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1] + [UInt8](repeating: 0, count: 1016),
    [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, 0x49, 0x48, 0x44, 0x52]
        + [UInt8](repeating: 0, count: 64),
    [0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10, 0x4A, 0x46, 0x49, 0x46, 0] + [UInt8](repeating: 0, count: 64),
]
