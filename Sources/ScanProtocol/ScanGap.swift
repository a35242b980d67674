/// Something in an object that was not inspected, and why. One is enough to keep the object from being clean.
package struct ScanGap: Sendable, Equatable {
    package enum Kind: UInt8, Sendable, CaseIterable {
        /// A container that neither the engine nor libarchive opens.
        case unopened = 1
        /// A container that ends before it should.
        case truncated = 2
        /// A container whose parts contradict each other, or that cannot be read to its end.
        case malformed = 3
        /// A member under a password.
        case encrypted = 4
        /// A member packed by a method that nothing here unpacks.
        case method = 5
        /// A member of which the engine took no notice, and that could not be unpacked otherwise.
        case missedMember = 6
        /// A pass of the engine that it leaves out for files of this size, without a word.
        case skippedPass = 7
        /// Bytes that could not be read.
        case read = 8
        /// More layers than `max-files`, counted over what the engine and libarchive opened.
        case tooManyFiles = 9
        /// More bytes than `max-scan-size`, counted in the same way.
        case tooManyBytes = 10
        /// Deeper than `max-recursion`.
        case tooDeep = 11
        /// No time was left.
        case outOfTime = 12
        /// A type that cannot be inspected in parts, of an object that the engine does not take whole.
        case notStreamable = 13
        /// Scratch space or memory ran out.
        case resources = 14
        /// A layer of a type that the engine passes over and that no further pass made good for.
        case unmatched = 15
        /// Members that share bytes of their container.
        case overlapping = 16
        /// The disk under scratch was full, which need not be the object's doing: another try may go well.
        case scratchFull = 17
    }

    package let kind: Kind
    /// For people: which part, and what was there instead.
    package let detail: String

    package init(_ kind: Kind, _ detail: String) {
        self.kind = kind
        self.detail = detail
    }
}
