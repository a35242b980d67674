import CMagic
import Domain
import Glibc
import Support
import Unpacking

/// Detects MIME types with libmagic. Its cookie is loaded once and shared copy-on-write by all children.
@safe struct TypeDetector: ~Copyable {
    private let cookie: magic_t
    /// How much of a file libmagic reads (`MAGIC_PARAM_BYTES_MAX` of file 5.44).
    private static let readLength = 7 << 20
    /// How much of an encoded file is decoded to find the content's type, in bytes.
    private static let decodedLength = 1 << 20

    init() throws(StartFailure) {
        guard let cookie = unsafe magic_open(MAGIC_MIME_TYPE | MAGIC_ERROR) else {
            throw StartFailure(reason: "libmagic is out of memory")
        }
        guard unsafe magic_load(cookie, nil) == 0 else {
            let reason = unsafe Self.problem(of: cookie)
            unsafe magic_close(cookie)
            throw StartFailure(
                reason:
                    "libmagic's database cannot be loaded (\(reason)): install the packages libmagic1 and libmagic-mgc")
        }
        unsafe self.cookie = cookie
        // The first call allocates tables, which children then share.
        unsafe _ = magic_buffer(cookie, "lazaret", 7)
    }

    deinit { unsafe magic_close(cookie) }

    /// Returns the MIME type of a file's first `size` bytes, refined: empty if libmagic has no answer, nil if the file
    /// cannot be read.
    borrowing func detect(_ descriptor: CInt, size: Int64, isWhole: Bool) -> String? {
        let type = named(descriptor, size: size, isWhole: isWhole)
        guard let type, !type.isEmpty else { return type }
        let bytes = FileSlice(descriptor: descriptor, start: 0, size: size)
        // A file that cannot be read whole keeps libmagic's answer: the scan reports what is wrong with it.
        return (try? TypeRefinement(bytes, isWhole: isWhole).refined(type)) ?? type
    }

    /// Returns the MIME type of an encoded file's content, by its first bytes: nil if it is not encoded so.
    borrowing func detectDecoded(_ descriptor: CInt, size: Int64, _ encoding: ContentEncoding?) -> String? {
        let bytes = FileSlice(descriptor: descriptor, start: 0, size: size)
        guard let encoding, let start = EncodedContent.start(of: bytes, encoding, limit: Self.decodedLength),
            let type = named(start)
        else { return nil }
        return TypeRefinement(head: start).refined(type)
    }

    /// Returns libmagic's answer.
    ///
    /// A whole file is read by descriptor, so that libmagic also sees its end; a part is passed as bytes. The results
    /// differ for a position-independent executable: `application/x-pie-executable` as a whole file,
    /// `application/x-sharedlib` as a part.
    private borrowing func named(_ descriptor: CInt, size: Int64, isWhole: Bool) -> String? {
        let type: UnsafePointer<CChar>?
        if isWhole {
            guard lseek(descriptor, 0, SEEK_SET) == 0 else { return nil }
            unsafe type = magic_descriptor(cookie, descriptor)
        } else {
            let length = Int(min(size, Int64(Self.readLength)))
            var bytes = [UInt8](repeating: 0, count: length)
            guard unsafe bytes.withUnsafeMutableBytes({ unsafe readAt(descriptor, offset: 0, into: $0) }) == length
            else {
                return nil
            }
            return named(bytes) ?? ""
        }
        return unsafe type.map { unsafe String(cString: $0) } ?? ""
    }

    private borrowing func named(_ bytes: [UInt8]) -> String? {
        unsafe bytes.withUnsafeBytes { unsafe magic_buffer(cookie, $0.baseAddress, $0.count) }
            .map { unsafe String(cString: $0) }
    }

    private static func problem(of cookie: magic_t) -> String {
        guard let text = unsafe magic_error(cookie) else { return "libmagic gives no reason" }
        return unsafe String(cString: text)
    }
}
