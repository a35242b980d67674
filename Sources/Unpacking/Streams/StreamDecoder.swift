internal import CStreams

/// The decoder of compressed streams of one form, one at a time, by the form's own library.
@safe struct StreamDecoder: ~Copyable {
    /// One step: how many bytes were taken and made, and what follows.
    struct Step {
        let taken: Int
        let made: Int
        let result: Result
    }

    enum Result {
        case more
        /// The stream's own end.
        case end
        /// What was made before the damage is in the output.
        case damaged
        /// A method or a check that the library does not know.
        case unsupported
        case memory
    }

    private let stream: UnsafeMutablePointer<cstream>

    /// - Throws: `.method` if the form has no decoder here; `.memory`.
    init(_ form: ContainerForm) throws(UnpackingError) {
        guard let kind = Self.kind(of: form) else {
            throw UnpackingError(.method, "\(form.displayName) has no decoder")
        }
        guard let stream = unsafe cstream_open(kind) else {
            throw UnpackingError(.memory, "no memory for a decoder")
        }
        unsafe self.stream = stream
    }

    /// Makes it ready for a stream's beginning.
    mutating func start() throws(UnpackingError) {
        guard unsafe cstream_start(stream, DictionaryLimit.maximum + 1 << 20) != 0 else {
            throw UnpackingError(.memory, "no memory for a decoder")
        }
    }

    /// Makes a decoder of LZMA ready for data without a header.
    ///
    /// - Parameters:
    ///   - properties: the 5 bytes that stand before the data.
    ///   - isProgram: whether the addresses of x86 code in it were changed.
    /// - Throws: `.malformed` if the properties are none, or demand more memory than the limit.
    mutating func start(rawLZMA properties: [UInt8], isProgram: Bool) throws(UnpackingError) {
        guard properties.count == 5,
            unsafe cstream_start_raw(stream, properties, isProgram ? 1 : 0, DictionaryLimit.maximum + 1 << 20) != 0
        else { throw UnpackingError(.malformed, "no properties of LZMA") }
    }

    deinit { unsafe cstream_close(stream) }

    static func kind(of form: ContainerForm) -> cstream_kind? {
        switch form {
        case .gzip: CSTREAM_GZIP
        case .bzip2: CSTREAM_BZIP2
        case .xz: CSTREAM_XZ
        case .lzma: CSTREAM_LZMA
        case .lzip: CSTREAM_LZIP
        case .zstd: CSTREAM_ZSTD
        default: nil
        }
    }

    /// Decodes from `input`, from an offset on, into `output`.
    mutating func decode(_ input: [UInt8], from start: Int, into output: inout [UInt8]) -> Step {
        unsafe input.withUnsafeBufferPointer { source in
            unsafe output.withUnsafeMutableBufferPointer { target in
                var (taken, made) = (source.count - start, target.count)
                let code = unsafe cstream_decode(
                    stream, source.baseAddress.map { unsafe $0 + start }, &taken, target.baseAddress, &made)
                let result: Result =
                    switch code {
                    case CSTREAM_MORE: .more
                    case CSTREAM_END: .end
                    case CSTREAM_UNSUPPORTED: .unsupported
                    case CSTREAM_MEMORY: .memory
                    default: .damaged
                    }
                return Step(taken: taken, made: made, result: result)
            }
        }
    }
}
