internal import CExpat

/// Parses a service's XML documents by libexpat. Rejects document type declarations, and with them all entities except
/// the five of XML, documents over 16 MiB and elements nested more than 32 deep.
enum XMLReader {
    enum Failure: Error, Equatable {
        case tooLarge
        case malformed(line: Int, String)
    }

    static let sizeLimit = 16 << 20
    static let depthLimit = 32

    /// Calls `element` at the end of each element, children first, with the names from the root down and the element's
    /// own text.
    static func read(_ document: [UInt8], _ element: (_ path: [String], _ text: String) -> Void) throws(Failure) {
        guard document.count <= sizeLimit else { throw .tooLarge }
        let result: Result<Void, Failure> = withoutActuallyEscaping(element) { element in
            let state = XMLState(element)
            return state.parse(document)
        }
        try result.get()
    }
}

/// The state shared by the callbacks of one parse.
@safe private final class XMLState {
    private let element: ([String], String) -> Void
    private var path: [String] = []
    private var texts: [[UInt8]] = []
    private var isRejected = false

    init(_ element: @escaping ([String], String) -> Void) { self.element = element }

    func parse(_ document: [UInt8]) -> Result<Void, XMLReader.Failure> {
        guard let parser = unsafe XML_ParserCreate("UTF-8") else {
            return .failure(.malformed(line: 0, "out of memory"))
        }
        defer { unsafe XML_ParserFree(parser) }
        unsafe XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        unsafe XML_SetElementHandler(
            parser,
            { context, name, _ in unsafe state(context)?.begin(String(cString: name!)) },
            { context, _ in unsafe state(context)?.end() })
        unsafe XML_SetCharacterDataHandler(parser) { context, bytes, count in
            unsafe state(context)?.append(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        }
        unsafe XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in unsafe state(context)?.reject() }
        // Callbacks reach the parser only through this closure.
        stop = { unsafe XML_StopParser(parser, XML_FALSE) }
        defer { stop = {} }

        let status = unsafe document.withUnsafeBytes { bytes in
            unsafe XML_Parse(
                parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count), CInt(XML_TRUE))
        }
        if isRejected {
            return .failure(.malformed(line: 0, "a document type declaration, or elements nested too deep"))
        }
        guard status == XML_STATUS_OK else {
            let reason =
                unsafe XML_ErrorString(XML_GetErrorCode(parser)).map { unsafe String(cString: $0) } ?? "unreadable"
            return .failure(.malformed(line: Int(unsafe XML_GetCurrentLineNumber(parser)), reason))
        }
        return .success(())
    }

    private var stop: () -> Void = {}

    fileprivate func reject() {
        isRejected = true
        stop()
    }

    fileprivate func begin(_ name: String) {
        guard path.count < XMLReader.depthLimit else { return reject() }
        path.append(name)
        texts.append([])
    }

    fileprivate func append(_ bytes: UnsafeRawBufferPointer) {
        guard !texts.isEmpty else { return }
        unsafe texts[texts.count - 1].append(contentsOf: bytes)
    }

    fileprivate func end() {
        guard !isRejected, let text = texts.popLast() else { return }
        element(path, String(decoding: text, as: UTF8.self))
        path.removeLast()
    }
}

private func state(_ context: UnsafeMutableRawPointer?) -> XMLState? {
    unsafe context.map { unsafe Unmanaged<XMLState>.fromOpaque($0).takeUnretainedValue() }
}
