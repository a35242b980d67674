package import Domain

/// The rules that an object must meet to be accepted. A breach makes the object `rejected`.
package struct Acceptance: Sendable, Equatable {
    package enum DeclaredType: String, CaseIterable, Sendable {
        /// It is a breach if the bytes contradict the declared type.
        case mustAgree = "must-agree"
        /// A contradiction is noted, and does not affect the verdict.
        case warn
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
    /// Nil sets none.
    package let quota: Quota?

    package init(
        maxSize: Int64?, types: [TypePattern]?, declaredType: DeclaredType, polyglots: Polyglots = .reject,
        quota: Quota? = nil
    ) {
        self.maxSize = maxSize
        self.types = types
        self.declaredType = declaredType
        self.polyglots = polyglots
        self.quota = quota
    }

    /// Returns `.rule "too-large"` or nothing.
    package func breaches(size: Int64) -> [Finding] {
        guard let maxSize, size > maxSize else { return [] }
        return [Finding(.rule, "too-large", detail: "\(size) bytes; at most \(maxSize) are accepted")]
    }

    /// Returns `.rule "type-not-accepted"` and `.rule "declared-type"` (`.note "declared-type"` with `warn`) if they
    /// apply.
    ///
    /// If `types` is given, the declared type must be accepted, and the bytes must be able to hold it: otherwise a
    /// script that is declared as such would pass where plain text is accepted, and would be served as a script. A type
    /// that operating systems give to a text for its ending counts as that text's. Where nothing is declared, the
    /// detected type must be accepted.
    ///
    /// - Parameters:
    ///   - declared: the object's `Content-Type`, if it has one.
    ///   - detected: the type of the bytes. A text that is not a media type counts as `application/octet-stream`.
    package func breaches(declared: String?, detected: String) -> [Finding] {
        let found = MediaType(detected) ?? unknownType
        let declaredTypes = declaredType == .ignore ? [] : MediaType.declared(in: declared)
        let agreement = TypeAgreement(declared: declaredType == .ignore ? nil : declared, detected: found)
        var findings: [Finding] = []
        if let refusal = refusal(of: declaredTypes, found, agreement) {
            findings.append(Finding(.rule, "type-not-accepted", detail: refusal))
        }
        if agreement == .contradicts {
            let types = declaredTypes.map(\.text).joined(separator: ", ")
            findings.append(
                Finding(
                    declaredType == .warn ? .note : .rule, "declared-type",
                    detail: "declared as \(types), the bytes are \(found.text)"))
        }
        return findings
    }

    /// Returns why `types` does not accept an object, or nil if it does.
    private func refusal(of declared: [MediaType], _ found: MediaType, _ agreement: TypeAgreement) -> String? {
        guard types != nil else { return nil }
        let isFoundAccepted = accepts(found) || found.isGuess && accepts(plainText)
        let mayBeEmpty = declared.allSatisfy(\.mayBeEmpty)
        guard !declared.isEmpty, agreement != .contradicts, !found.isEmpty || mayBeEmpty else {
            return isFoundAccepted ? nil : "the bytes are \(found.text)"
        }
        // A list that names texts alone means texts, not packed ones.
        let isPackedText = !isFoundAccepted && declared.contains(where: found.isPackedText)
        let isRefused = { type in !self.accepts(type) && type.text(holding: found).map(self.accepts) != true }
        guard let refused = declared.first(where: { isPackedText || isRefused($0) }) else { return nil }
        return "declared as \(refused.text), the bytes show \(found.text)"
    }

    /// Whether `types` has the type, or is not given.
    private func accepts(_ type: MediaType) -> Bool { types?.contains { $0.matches(type) } ?? true }
}

extension Acceptance {
    /// Returns whether the declared type is accepted, so that only bytes that contradict it make the object refused.
    package func acceptsDeclared(_ declared: String?) -> Bool {
        guard types != nil else { return true }
        let declaredTypes = declaredType == .ignore ? [] : MediaType.declared(in: declared)
        return !declaredTypes.isEmpty && declaredTypes.allSatisfy(accepts)
    }

    /// Returns whether an object must be read whole to decide if its type is accepted: its first range shows a general
    /// type, and `types` accepts a special case of it. An OLE2 document may have its directory at its end, and a text
    /// is valid JSON only with its last brace.
    ///
    /// - Parameter detected: the type that was found in the object's first range.
    package func needsWholeObject(declared: String?, detected: String) -> Bool {
        guard let types else { return false }
        let found = MediaType(detected) ?? unknownType
        let declaredTypes = declaredType == .ignore ? [] : MediaType.declared(in: declared)
        guard declaredTypes.isEmpty else { return false }
        return types.contains { $0.isKind(of: found) }
    }
}

let plainText = MediaType("text/plain")!
private let unknownType = MediaType("application/octet-stream")!
