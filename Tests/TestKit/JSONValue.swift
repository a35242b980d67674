/// A JSON value to be encoded.
package enum JSONValue: Encodable, Sendable {
    case text(String)
    case number(Int64)
    case truth(Bool)
    case fields([String: JSONValue])
    case list([JSONValue])
    case null

    package init(_ text: String?) { self = text.map(Self.text) ?? .null }
    package init(_ number: Int?) { self = number.map { .number(Int64($0)) } ?? .null }
    package init(_ texts: [String: String]) { self = .fields(texts.mapValues(Self.text)) }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let text): try container.encode(text)
        case .number(let number): try container.encode(number)
        case .truth(let truth): try container.encode(truth)
        case .fields(let fields): try container.encode(fields)
        case .list(let list): try container.encode(list)
        case .null: try container.encodeNil()
        }
    }
}
