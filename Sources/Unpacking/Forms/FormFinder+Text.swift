extension FormFinder {
    /// Returns the forms of mail and of files that are encoded as text, whatever bytes stand around them. A letter's
    /// opener looks for encoded files itself; of each encoding in another layer, one sighting begins with the first
    /// file.
    static func textForms(
        of slice: FileSlice, _ head: [UInt8], _ magicType: String?, _ engineType: String?
    ) throws(UnpackingError) -> [Sighting] {
        // Readers of the other forms pass over the lines of these two.
        var found: [Sighting] = []
        if try GitExportOpener.begins(slice) { found.append(Sighting(.gitExport, 0..<slice.size)) }
        if try RevisionTexts.begins(slice, head) { found.append(Sighting(.revisionTexts, 0..<slice.size)) }
        if CMSType(slice) != nil { return found + [Sighting(.cms, 0..<slice.size)] }
        if MailHead.isMail(head, magicType: magicType, engineType: engineType) {
            return found + [Sighting(.mail, 0..<slice.size)]
        }
        let text = try EncodedText(slice, in: 0..<slice.size, isText: true)
        if let start = text.firstEncodedPart { found.append(Sighting(.mail, start..<slice.size)) }
        for mark in text.marks
        where !found.contains(where: { $0.form == mark.form }) {
            // A calendar is recognised by its head.
            let start = if case .property = mark { Int64(0) } else { mark.offset }
            found.append(Sighting(mark.form, start..<slice.size))
        }
        return found
    }
}
