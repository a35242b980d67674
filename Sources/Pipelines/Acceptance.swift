package import Domain

/// What a pipeline accepts of the objects it takes; a breach makes the object `rejected`.
package struct Acceptance: Sendable, Equatable {
    package enum DeclaredType: String, CaseIterable, Sendable {
        /// A declared type that the bytes contradict is a breach.
        case mustAgree = "must-agree"
        case ignore
    }

    /// What becomes of an object that can be read in the form of a second type beside its own.
    package enum Polyglots: String, CaseIterable, Sendable {
        /// It is a breach: who serves the object by one type cannot keep others from reading it by the other.
        case reject
        /// It is noted and does not decide.
        case allow

        /// `.rule "polyglot"`, or `.note "polyglot"` where they are allowed: one for each second type.
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

    /// Bytes; nil accepts any size.
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

    /// `.rule "too-large"`, or nothing.
    package func breaches(size: Int64) -> [Finding] {
        guard let maxSize, size > maxSize else { return [] }
        return [Finding(.rule, "too-large", detail: "\(size) bytes; at most \(maxSize) are accepted")]
    }

    /// `.rule "type-not-accepted"` and `.rule "declared-type"`, as far as they hold.
    ///
    /// The bytes decide what is accepted. Where a declared type that has to agree claims more than libmagic can tell
    /// from the bytes, it has to be accepted as well: else script declared as such would pass where plain text does,
    /// and be served as script.
    ///
    /// - Parameters:
    ///   - declared: the object's `Content-Type`, if it has one.
    ///   - detected: libmagic's word; what is no media type counts as `application/octet-stream`.
    package func breaches(declared: String?, detected: String) -> [Finding] {
        let found = MediaType(detected) ?? unknownType
        var findings: [Finding] = []
        if let types, !types.contains(where: { $0.takes(found) }) {
            findings.append(Finding(.rule, "type-not-accepted", detail: "the bytes are \(found.text)"))
        }
        guard declaredType == .mustAgree, let declared else { return findings }
        switch TypeAgreement(declared: declared, detected: found) {
        case .agrees: break
        case .claimsMore:
            let refused = MediaType.claims(declared).first { claim in
                types.map { types in !types.contains { $0.takes(claim) } } ?? false
            }
            guard let claimed = refused, findings.isEmpty else { break }
            findings.append(
                Finding(
                    .rule, "type-not-accepted", detail: "declared as \(claimed.text), the bytes show \(found.text)"))
        case .contradicts:
            let claimed = MediaType.claims(declared).map(\.text).joined(separator: ", ")
            findings.append(
                Finding(.rule, "declared-type", detail: "declared as \(claimed), the bytes are \(found.text)"))
        }
        return findings
    }
}

extension Acceptance {
    /// Whether an object of which only the beginning is known may yet be of a type that is accepted: it is declared as
    /// such, and that claims no more than the beginning allows. A directory of an OLE2 document may stand at its end, and a
    /// text shows to be JSON with its last brace.
    ///
    /// - Parameter detected: libmagic's word on the object's first range.
    package func needsWholeObject(declared: String?, detected: String) -> Bool {
        guard let types, let declared else { return false }
        let claims = MediaType.claims(declared)
        return !claims.isEmpty && claims.allSatisfy { claim in types.contains { $0.takes(claim) } }
            && TypeAgreement(declared: declared, detected: MediaType(detected) ?? unknownType) == .claimsMore
    }
}

private let unknownType = MediaType("application/octet-stream")!
