/// A tag to put on an object, with variables in its value.
package struct TagTemplate: Sendable, Equatable {
    /// What S3 holds on one object (Amazon S3 User Guide, "Categorizing your objects using tags").
    package static let maxTags = 10
    static let maxNameLength = 128
    static let maxValueLength = 256

    package let name: String
    private let template: Template

    init(name: String, value: String) throws(ScalarMistake) {
        let template = try Template(value)
        guard template.literals.allSatisfy({ $0.unicodeScalars.allSatisfy(isTagScalar) }) else {
            throw .saying("\(quoted(value)) has characters that no tag may have; \(allowedInTags)")
        }
        guard template.literals.reduce(0, { $0 + $1.utf16.count }) <= Self.maxValueLength else {
            throw .saying("the value has more than \(Self.maxValueLength) characters")
        }
        self.name = name
        self.template = template
    }

    /// Always one that S3 takes: where a variable brings characters that no tag may have, `_` stands for each, and what
    /// is beyond 256 characters is cut.
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

    /// What is wrong with a tag's name; nil for nothing.
    static func mistake(inName name: String) -> String? {
        guard (1...maxNameLength).contains(name.utf16.count) else {
            return "a tag's name has 1 to \(maxNameLength) characters"
        }
        guard name.unicodeScalars.allSatisfy(isTagScalar) else { return allowedInTags }
        return name.lowercased().hasPrefix("aws:") ? "names that start with 'aws:' are kept for AWS" : nil
    }
}

private let allowedInTags = "letters, digits, spaces and + - = . _ : / @ are allowed"

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
