/// A part of an object that was not inspected, and why. One is enough to keep the object from being clean.
package struct ScanGap: Sendable, Equatable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// A container that neither the engine nor libarchive opens.
        case unopened = 1
        /// A container that ends too early.
        case truncated = 2
        /// A container with contradictory parts, or one that cannot be read to its end.
        case malformed = 3
        /// A member that needs a password.
        case encrypted = 4
        /// A member compressed by an unsupported method.
        case method = 5
        /// A member that the engine missed and that could not be extracted.
        case missedMember = 6
        /// A scan pass that the engine silently omits for files of this size.
        case skippedPass = 7
        /// Bytes that could not be read.
        case read = 8
        /// More layers than `max-files`, counted over what the engine and libarchive opened.
        case tooManyFiles = 9
        /// More bytes than `max-scan-size`, counted the same way.
        case tooManyBytes = 10
        /// More levels than `max-recursion`.
        case tooDeep = 11
        /// The time limit was reached.
        case outOfTime = 12
        /// An object larger than the engine takes, of a type that cannot be inspected in parts.
        case notStreamable = 13
        /// Scratch space or memory ran out.
        case resources = 14
        /// A layer of a type that the engine skips, and that no further pass inspected.
        case unmatched = 15
        /// Members that share bytes of their container.
        case overlapping = 16
        /// The disk under the scratch folder was full. The object need not be the cause: another try may succeed.
        case scratchFull = 17
        /// Bytes of no known form, if the pipeline refuses those.
        case unknownForm = 18
    }

    package let kind: Kind
    /// For people: which part, and what was found there.
    package let detail: String

    /// The names of the parts that lead to it, such as `report.zip/payload.exe`. Empty for the object itself.
    package let path: String

    package init(_ kind: Kind, _ detail: String, path: String = "") {
        self.kind = kind
        self.detail = detail
        self.path = path
    }
}
