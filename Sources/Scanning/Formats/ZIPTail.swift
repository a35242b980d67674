/// The end record of a ZIP that some reader would find at an object's end (APPNOTE.TXT, "End of central directory record").
struct ZIPTail {
    static let localMark: UInt32 = 0x0403_4B50
    private static let endMark = "PK\u{05}\u{06}"
    private static let memberMark: UInt32 = 0x0201_4B50
    private static let locatorMark: UInt32 = 0x0706_4B50

    /// Where the record stands in the object.
    let offset: Int64

    /// Nil where there is none that leads to a member. What stands behind the record is no hindrance: readers step over it.
    init?(in tail: Window, of bytes: ObjectBytes) {
        for place in tail.all(Self.endMark).reversed() {
            guard let members = tail.number(at: place + 10, as: UInt16.self), members > 0,
                let length = tail.number(at: place + 12, as: UInt32.self),
                let comment = tail.number(at: place + 20, as: UInt16.self)
            else { continue }
            let offset = tail.start + Int64(place)
            guard offset + 22 + Int64(comment) <= bytes.size else { continue }
            // With a ZIP64 record the numbers here may say nothing.
            let isLarge = place >= 20 && tail.number(at: place - 20, as: UInt32.self) == Self.locatorMark
            let directory = bytes.window(at: offset - Int64(length), 4)
            guard isLarge || directory.number(at: 0, as: UInt32.self) == Self.memberMark else { continue }
            self.offset = offset
            return
        }
        return nil
    }
}
