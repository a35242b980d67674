import Unpacking

/// The type of a document whose container is a ZIP, by the member that names it: Office Open XML (ECMA-376, part 2) by
/// the main part in `[Content_Types].xml`, OpenDocument and EPUB by `mimetype`.
enum ZipDocumentType {
    private static let longestMember = 1 << 20

    /// Returns nil if no member names a type.
    ///
    /// - Parameter file: the whole file: its directory stands at the end.
    static func find(in file: FileSlice) throws(UnpackingError) -> String? {
        guard let reader = try ZipMemberReader(file),
            let member = try reader.first(of: ["[Content_Types].xml", "mimetype"], limit: longestMember)
        else { return nil }
        if member.name == "mimetype" { return plainType(member.bytes) }
        let types = Chunk(start: 0, bytes: member.bytes)
        return officeTypes.first { types.first("\"\($0.part)\"", from: 0, to: types.bytes.count) != nil }?.type
    }

    /// Types that a `mimetype` member may give: those of documents alone.
    private static func plainType(_ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes.prefix(100), as: UTF8.self)
        let type = String(text.prefix { !$0.isWhitespace })
        let isKnown =
            type == "application/epub+zip"
            || type.hasPrefix("application/vnd.oasis.opendocument.")
                && type.utf8.allSatisfy { (0x2B...0x7A).contains($0) }
        return isKnown ? type : nil
    }

    /// The content type of a main part, and the type of the document with it.
    private static let officeTypes: [(part: String, type: String)] = {
        let standard = [
            ("wordprocessingml", ["document", "template"]), ("spreadsheetml", ["sheet", "template"]),
            ("presentationml", ["presentation", "template", "slideshow"]),
        ].flatMap { language, kinds in
            kinds.map { "application/vnd.openxmlformats-officedocument.\(language).\($0)" }
        }.map { ("\($0).main+xml", $0) }
        let macros = [
            "word.document", "word.template", "excel.sheet", "excel.template", "excel.addin",
            "powerpoint.presentation", "powerpoint.template", "powerpoint.slideshow", "powerpoint.addin",
        ].map { ("application/vnd.ms-\($0).macroEnabled.main+xml", "application/vnd.ms-\($0).macroEnabled.12") }
        return macros + [
            (
                "application/vnd.ms-excel.sheet.binary.macroEnabled.main",
                "application/vnd.ms-excel.sheet.binary.macroEnabled.12"
            )
        ] + standard
    }()
}
