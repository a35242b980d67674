internal import CExpat

/// Reads small XML documents of a service by libexpat. A document type declaration is refused, and with it every entity but XML's
/// own five; so are a document beyond 16 MiB and elements more than 32 deep.
enum XMLReader {
    enum Refusal: Error, Equatable {
        case tooLarge
        case malformed(line: Int, String)
    }

    static let sizeLimit = 16 << 20
    static let depthLimit = 32

    /// Calls `element` at the end of each element, children first, with the names from the root down to it and the text that stands
    /// directly in it.
    static func read(_ document: [UInt8], _ element: (_ path: [String], _ text: String) -> Void) throws(Refusal) {
        guard document.count <= sizeLimit else { throw .tooLarge }
        let result: Result<Void, Refusal> = withoutActuallyEscaping(element) { element in
            let state = XMLState(element)
            return state.parse(document)
        }
        try result.get()
    }
}

/// What the callbacks of one parse share.
@safe private final class XMLState {
    private let element: ([String], String) -> Void
    private var path: [String] = []
    private var texts: [[UInt8]] = []
    private var isRefused = false

    init(_ element: @escaping ([String], String) -> Void) { self.element = element }

    func parse(_ document: [UInt8]) -> Result<Void, XMLReader.Refusal> {
        guard let parser = unsafe XML_ParserCreate("UTF-8") else { return .failure(.malformed(line: 0, "no memory")) }
        defer { unsafe XML_ParserFree(parser) }
        unsafe XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        unsafe XML_SetElementHandler(
            parser,
            { context, name, _ in unsafe state(context)?.begin(String(cString: name!)) },
            { context, _ in unsafe state(context)?.end() })
        unsafe XML_SetCharacterDataHandler(parser) { context, bytes, count in
            unsafe state(context)?.append(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        }
        unsafe XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in unsafe state(context)?.refuse() }
        // The parser is reached from a callback only through this, and is stopped there.
        stop = { unsafe XML_StopParser(parser, XML_FALSE) }
        defer { stop = {} }

        let status = unsafe document.withUnsafeBytes { bytes in
            unsafe XML_Parse(
                parser, bytes.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(bytes.count), CInt(XML_TRUE))
        }
        if isRefused { return .failure(.malformed(line: 0, "a document type or a depth that no service sends")) }
        guard status == XML_STATUS_OK else {
            let reason =
                unsafe XML_ErrorString(XML_GetErrorCode(parser)).map { unsafe String(cString: $0) } ?? "unreadable"
            return .failure(.malformed(line: Int(unsafe XML_GetCurrentLineNumber(parser)), reason))
        }
        return .success(())
    }

    private var stop: () -> Void = {}

    fileprivate func refuse() {
        isRefused = true
        stop()
    }

    fileprivate func begin(_ name: String) {
        guard path.count < XMLReader.depthLimit else { return refuse() }
        path.append(name)
        texts.append([])
    }

    fileprivate func append(_ bytes: UnsafeRawBufferPointer) {
        guard !texts.isEmpty else { return }
        unsafe texts[texts.count - 1].append(contentsOf: bytes)
    }

    fileprivate func end() {
        guard !isRefused, let text = texts.popLast() else { return }
        element(path, String(decoding: text, as: UTF8.self))
        path.removeLast()
    }
}

private func state(_ context: UnsafeMutableRawPointer?) -> XMLState? {
    unsafe context.map { unsafe Unmanaged<XMLState>.fromOpaque($0).takeUnretainedValue() }
}
