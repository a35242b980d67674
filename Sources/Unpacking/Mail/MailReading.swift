internal import CGMime
internal import Glibc
internal import Support

/// The parts of a letter, or of all letters in a mailbox, as GMime sees them.
struct MailReading {
    /// Beyond these, GMime is not asked: it keeps an object in memory for each part and each field, and a preamble as a
    /// whole.
    static let largestLayer: Int64 = 64 << 20
    static let mostDashLines = 100_000
    static let mostColonLines = 400_000
    private static let maximumLeaves = 20_000

    private(set) var leaves: [MailLeaf] = []
    /// Whether a letter is one of several that make up one.
    private(set) var isFragment = false
    /// Whether there are more parts.
    private(set) var isCut = false

    /// Loads what GMime opens on first use, once. Call it before the sandbox closes.
    static func prewarm() { isReady }

    private static let isReady: Void = {
        let parts = [
            "Content-Type: text/plain; name=a\nContent-Transfer-Encoding: base64\n\nYQ==\n",
            "Content-Type: message/rfc822\n\nFrom: a@example.com\nSubject: =?utf-8?q?a?=\n\na\n",
            "Content-Type: message/partial; id=a; number=1; total=2\n\na\n",
            "Content-Type: message/delivery-status\n\nStatus: 1\n",
            "Content-Type: application/pkcs7-mime\nContent-Disposition: attachment; filename=a\n\na\n",
            "Content-Type: multipart/signed; boundary=b\n\n--b\n\na\n--b--\n",
            "Content-Type: multipart/encrypted; boundary=b\n\n--b\n\na\n--b--\n",
        ]
        let letter =
            "From: a@example.com\nTo: b@example.com\nContent-Type: multipart/mixed; boundary=a\n\n"
            + parts.map { "--a\n" + $0 }.joined() + "--a--\n"
        unsafe letter.withCString { unsafe cgmime_prewarm($0, letter.utf8.count) }
    }()

    init(_ slice: FileSlice) throws(UnpackingError) {
        Self.prewarm()
        let isMailbox = try slice.bytes(at: 0, count: 5).elementsEqual("From ".utf8)
        guard
            let parser = unsafe cgmime_parser_new(
                slice.descriptor, slice.start, slice.start + slice.size, isMailbox ? 1 : 0)
        else { throw UnpackingError(.memory, "GMime has no parser") }
        defer {
            unsafe cgmime_parser_free(parser)
            // GMime moves the descriptor's offset, which nothing else here uses.
            _ = lseek(slice.descriptor, 0, SEEK_SET)
        }
        repeat {
            guard let message = unsafe g_mime_parser_construct_message(parser, nil) else { break }
            if let body = unsafe g_mime_message_get_mime_part(message) { unsafe list(body, slice) }
            unsafe cgmime_message_free(message)
        } while unsafe isMailbox && g_mime_parser_eos(parser) == 0 && !isCut
    }

    /// Lists a letter's parts at every depth.
    private mutating func list(_ body: UnsafeMutablePointer<GMimeObject>, _ slice: FileSlice) {
        var open = unsafe [body]
        while let object = unsafe open.popLast(), !isCut {
            let count = unsafe cgmime_part_count(object)
            var inner: UnsafeMutablePointer<GMimeObject>?
            if count >= 0 {
                for index in (0..<count).reversed() {
                    if let part = unsafe cgmime_part(object, index) { unsafe open.append(part) }
                }
            } else if unsafe cgmime_is_letter(object, &inner) != 0 {
                if let inner = unsafe inner { unsafe open.append(inner) }
            } else {
                if unsafe cgmime_is_fragment(object) != 0 { isFragment = true }
                unsafe listLeaf(object, slice)
            }
        }
    }

    private mutating func listLeaf(_ object: UnsafeMutablePointer<GMimeObject>, _ slice: FileSlice) {
        var (start, end, encoding): (Int64, Int64, CInt) = (0, 0, 0)
        guard unsafe cgmime_content(object, &start, &end, &encoding) != 0 else { return }
        guard leaves.count < Self.maximumLeaves else {
            isCut = true
            return
        }
        let last = end < 0 ? slice.size : end - slice.start
        let range = max(0, start - slice.start)..<max(0, start - slice.start, min(slice.size, last))
        let name = unsafe cgmime_name(object).map { unsafe Array(String(cString: $0).utf8.prefix(200)) } ?? []
        let coding: MailLeaf.Encoding? =
            switch GMimeContentEncoding(UInt32(encoding)) {
            case GMIME_CONTENT_ENCODING_BASE64: .base64
            case GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE: .quotedPrintable
            default: nil
            }
        if !range.isEmpty { leaves.append(MailLeaf(name: name, range: range, encoding: coding)) }
    }
}
