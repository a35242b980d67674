package import Domain

/// The rules that an object must meet to be accepted. A breach makes the object `rejected`.
package struct Acceptance: Sendable, Equatable {
    package enum DeclaredType: String, CaseIterable, Sendable {
        /// It is a breach if the bytes contradict the declared type.
        case mustAgree = "must-agree"
        case ignore
    }

    /// The rule for an object that is also a valid file of a second type.
    package enum Polyglots: String, CaseIterable, Sendable {
        /// It is a breach: a program may read the object as the other type than the one it is served with.
        case reject
        /// It is noted, and does not affect the verdict.
        case allow

        /// One finding for each second type: `.rule "polyglot"`, or `.note "polyglot"` if polyglots are allowed.
        package func findings(secondTypes: [String], detected: String?) -> [Finding] {
            let kind: Finding.Kind =
                switch self {
                case .reject: .rule
                case .allow: .note
                }
            return secondTypes.map {
                Finding(kind, "polyglot", detail: "the bytes are \(detected ?? "of one type"), and \($0) as well")
            }
        }
    }

    /// In bytes; nil accepts any size.
    package let maxSize: Int64?
    /// Nil accepts every type.
    package let types: [TypePattern]?
    package let declaredType: DeclaredType
    package let polyglots: Polyglots

    package init(
        maxSize: Int64?, types: [TypePattern]?, declaredType: DeclaredType, polyglots: Polyglots = .reject
    ) {
        self.maxSize = maxSize
        self.types = types
        self.declaredType = declaredType
        self.polyglots = polyglots
    }

    /// Returns `.rule "too-large"` or nothing.
    package func breaches(size: Int64) -> [Finding] {
        guard let maxSize, size > maxSize else { return [] }
        return [Finding(.rule, "too-large", detail: "\(size) bytes; at most \(maxSize) are accepted")]
    }

    /// Returns `.rule "type-not-accepted"` and `.rule "declared-type"` if they apply.
    ///
    /// The detected type must be accepted. If the declared type must agree and is more specific than what libmagic can
    /// detect, it must be accepted too: otherwise a script that is declared as such would pass where plain text is
    /// accepted, and would be served as a script.
    ///
    /// - Parameters:
    ///   - declared: the object's `Content-Type`, if it has one.
    ///   - detected: the type that libmagic found. A text that is not a media type counts as
    ///     `application/octet-stream`.
    package func breaches(declared: String?, detected: String) -> [Finding] {
        let found = MediaType(detected) ?? unknownType
        var findings: [Finding] = []
        if let types, !types.contains(where: { $0.matches(found) }) {
            findings.append(Finding(.rule, "type-not-accepted", detail: "the bytes are \(found.text)"))
        }
        guard declaredType == .mustAgree, let declared else { return findings }
        switch TypeAgreement(declared: declared, detected: found) {
        case .agrees: break
        case .moreSpecific:
            let notAccepted = MediaType.declared(in: declared).first { type in
                types.map { types in !types.contains { $0.matches(type) } } ?? false
            }
            guard let notAccepted, findings.isEmpty else { break }
            findings.append(
                Finding(
                    .rule, "type-not-accepted", detail: "declared as \(notAccepted.text), the bytes show \(found.text)")
            )
        case .contradicts:
            let types = MediaType.declared(in: declared).map(\.text).joined(separator: ", ")
            findings.append(
                Finding(.rule, "declared-type", detail: "declared as \(types), the bytes are \(found.text)"))
        }
        return findings
    }
}

extension Acceptance {
    /// Returns whether an object must be read whole to decide if its type is accepted: its declared type is accepted,
    /// and more specific than the type of its first range. An OLE2 document may have its directory at its end, and a
    /// text is valid JSON only with its last brace.
    ///
    /// - Parameter detected: the type that libmagic found in the object's first range.
    package func needsWholeObject(declared: String?, detected: String) -> Bool {
        guard let types, let declared else { return false }
        let declaredTypes = MediaType.declared(in: declared)
        return !declaredTypes.isEmpty
            && declaredTypes.allSatisfy { type in types.contains { $0.matches(type) } }
            && TypeAgreement(declared: declared, detected: MediaType(detected) ?? unknownType) == .moreSpecific
    }
}

private let unknownType = MediaType("application/octet-stream")!
