/// A tag for an object, with variables in its value.
package struct TagTemplate: Sendable, Equatable {
    /// The most tags on one object (Amazon S3 User Guide, "Categorizing your objects using tags").
    package static let maxTags = 10
    static let maxNameLength = 128
    static let maxValueLength = 256

    package let name: String
    private let template: Template

    init(name: String, value: String) throws(ScalarError) {
        let template = try Template(value)
        guard template.literals.allSatisfy({ $0.unicodeScalars.allSatisfy(isTagScalar) }) else {
            throw .message("\(quoted(value)) has characters that are not allowed in tags; \(allowedInTags)")
        }
        guard template.literals.reduce(0, { $0 + $1.utf16.count }) <= Self.maxValueLength else {
            throw .message("the value has more than \(Self.maxValueLength) characters")
        }
        self.name = name
        self.template = template
    }

    /// Returns a value that S3 accepts: characters that are not allowed in tags are replaced by `_`, and the value is
    /// truncated to 256 characters.
    package func value(for values: TemplateValues) -> String {
        var value = String.UnicodeScalarView()
        var length = 0
        for scalar in template.text(for: values).unicodeScalars {
            length += UTF16.width(scalar)
            guard length <= Self.maxValueLength else { break }
            value.append(isTagScalar(scalar) ? scalar : "_")
        }
        return String(value)
    }

    /// Returns why a tag's name is invalid; nil if it is valid.
    static func mistake(inName name: String) -> String? {
        guard (1...maxNameLength).contains(name.utf16.count) else {
            return "a tag's name must have 1 to \(maxNameLength) characters"
        }
        guard name.unicodeScalars.allSatisfy(isTagScalar) else {
            return "\(quoted(name)) has characters that are not allowed in tags; \(allowedInTags)"
        }
        return name.lowercased().hasPrefix("aws:") ? "names that start with 'aws:' are reserved for AWS" : nil
    }
}

private let allowedInTags = "allowed are letters, digits, spaces and + - = . _ : / @"

private func isTagScalar(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", " ", "+", "-", "=", ".", "_", ":", "/", "@": true
    case _ where scalar.isASCII: false
    default:
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
            .letterNumber, .otherNumber, .nonspacingMark, .spacingMark:
            true
        default: false
        }
    }
}
