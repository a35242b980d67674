import CYAML

/// An event of the libyaml parser.
struct YAMLEvent {
    enum Kind {
        case streamStart, streamEnd, documentStart, documentEnd, sequenceStart, sequenceEnd, mappingStart, mappingEnd
        case scalar(String, isPlain: Bool)
        case alias
    }

    let kind: Kind
    let position: Position
    /// Whether the value has an anchor (`&name`) or a tag (`!!str`).
    let hasAnchor: Bool
    let hasTag: Bool
}

/// The reason why a text is not valid YAML.
struct YAMLSyntaxError: Error {
    let position: Position
    let message: String
}

/// Owns a libyaml parser and the copy of the text that it reads.
@safe struct YAMLEvents: ~Copyable {
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private let text: UnsafeMutableBufferPointer<UInt8>

    init(_ bytes: [UInt8]) throws(YAMLSyntaxError) {
        unsafe parser = .allocate(capacity: 1)
        guard unsafe yaml_parser_initialize(parser) == 1 else {
            unsafe parser.deallocate()
            throw YAMLSyntaxError(position: .start, message: "out of memory")
        }
        // At least one byte: libyaml must not get a null pointer.
        unsafe text = .allocate(capacity: max(1, bytes.count))
        _ = unsafe text.initialize(from: bytes)
        unsafe yaml_parser_set_input_string(parser, text.baseAddress, bytes.count)
    }

    deinit {
        unsafe yaml_parser_delete(parser)
        unsafe parser.deallocate()
        unsafe text.deallocate()
    }

    /// Returns the next event. Must not be called after an error or the end of the stream.
    mutating func next() throws(YAMLSyntaxError) -> YAMLEvent {
        var event = unsafe yaml_event_t()
        guard unsafe yaml_parser_parse(parser, &event) == 1 else { throw failure }
        defer { unsafe yaml_event_delete(&event) }

        var (hasAnchor, hasTag) = (false, false)
        let kind: YAMLEvent.Kind
        switch unsafe event.type {
        case YAML_STREAM_START_EVENT: kind = .streamStart
        case YAML_DOCUMENT_START_EVENT: kind = .documentStart
        case YAML_DOCUMENT_END_EVENT: kind = .documentEnd
        case YAML_SEQUENCE_START_EVENT:
            kind = .sequenceStart
            hasAnchor = unsafe event.data.sequence_start.anchor != nil
            hasTag = unsafe event.data.sequence_start.tag != nil
        case YAML_SEQUENCE_END_EVENT: kind = .sequenceEnd
        case YAML_MAPPING_START_EVENT:
            kind = .mappingStart
            hasAnchor = unsafe event.data.mapping_start.anchor != nil
            hasTag = unsafe event.data.mapping_start.tag != nil
        case YAML_MAPPING_END_EVENT: kind = .mappingEnd
        case YAML_SCALAR_EVENT:
            let value = unsafe UnsafeBufferPointer(start: event.data.scalar.value, count: event.data.scalar.length)
            let isPlain = unsafe event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE
            kind = unsafe .scalar(String(decoding: value, as: UTF8.self), isPlain: isPlain)
            hasAnchor = unsafe event.data.scalar.anchor != nil
            hasTag = unsafe event.data.scalar.tag != nil
        case YAML_ALIAS_EVENT: kind = .alias
        default: kind = .streamEnd
        }
        return unsafe YAMLEvent(
            kind: kind, position: Position(event.start_mark), hasAnchor: hasAnchor, hasTag: hasTag)
    }

    private var failure: YAMLSyntaxError {
        let problem = unsafe parser.pointee.problem.map { unsafe String(cString: $0) } ?? "out of memory"
        let context = unsafe parser.pointee.context.map { unsafe String(cString: $0) + ": " } ?? ""
        // For an encoding error libyaml reports a byte offset and no mark.
        guard unsafe parser.pointee.error != YAML_READER_ERROR else {
            return unsafe YAMLSyntaxError(position: position(ofByte: parser.pointee.problem_offset), message: problem)
        }
        let byte = unsafe Int(clamping: parser.pointee.problem_mark.index)
        let isTab = unsafe byte < text.count && text[byte] == 0x09
        return unsafe YAMLSyntaxError(
            position: Position(parser.pointee.problem_mark),
            message: context + problem + (isTab ? " (a tab; indent YAML with spaces)" : ""))
    }

    private func position(ofByte offset: Int) -> Position {
        var (line, column) = (1, 1)
        for index in unsafe 0..<min(max(0, offset), text.count) {
            let byte = unsafe text[index]
            if byte == 0x0A {
                (line, column) = (line + 1, 1)
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Position(line: line, column: column)
    }
}

extension Position {
    /// libyaml counts from 0.
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: Int(clamping: mark.line) + 1, column: Int(clamping: mark.column) + 1)
    }
}
