/// Forms that carry files beside what they are for. The files are parts; the rest is matched as bytes.
extension Coverage {
    static let carried: [CoverageRow] = [
        CoverageRow(
            "asar", .ours,
            account: "every file of the directory; bytes that belong to none are layers"),
        CoverageRow(
            "matroska-attachments", .ours,
            account: "every attached file, wherever the element that holds them stands"),
        CoverageRow(
            "iso-media", .ours,
            account: "items that are no coded picture, XML, covers and `uuid` boxes; the tracks are matched as bytes"),
        CoverageRow(
            "id3", .ours,
            account: "pictures, files, private and compressed frames of a tag, wherever it stands"),
        CoverageRow(
            "ape-tag", .ours,
            account: "binary items, wherever the tag stands"),
        CoverageRow(
            "flac", .ours,
            account: "pictures and data of applications in the metadata"),
        CoverageRow(
            "ogg", .ours,
            account: "pictures in the comments of each stream"),
        CoverageRow(
            "web-font", .ours,
            account: "WOFF: the font that it packs; WOFF 2: the bytes of all tables; of both the metadata and private "
                + "data"),
        CoverageRow(
            "flash", .ours,
            mimeTypes: ["application/x-shockwave-flash"],
            engineTypes: ["CL_TYPE_SWF"],
            account: "a packed film becomes the plain one; binary data and pictures of a plain one are parts"),
        CoverageRow(
            "icon", .ours,
            account: "images that are files of their own (PNG, JPEG, JPEG 2000), and whatever is no bitmap"),
        CoverageRow(
            "pe-resources", .ours,
            account: "data, pages, fonts, PNG icons and named resources of a program; menus, texts and bitmaps are "
                + "matched with it"),
        CoverageRow(
            "elf-sections", .ours,
            account: "sections that are not loaded, those of compilers apart, and compressed ones"),
        CoverageRow(
            "pyinstaller", .ours,
            account: "every file of the table behind the program; the table must be whole"),
        CoverageRow(
            "subversion-dump", .ours,
            account: "the text of every node; a text that is stored as a difference is not supported"),
        CoverageRow(
            "revision-texts", .ours,
            account: "every text of a file of RCS or CVS"),
        CoverageRow(
            "git-patch", .ours,
            account: "every literal and every delta of the binary patches is decoded"),
        CoverageRow(
            "git-export", .ours,
            account: "the data of every blob; messages are matched as text"),
        CoverageRow(
            "git-object", .ours,
            account: "the content behind the head; bytes behind it are a layer"),
        CoverageRow(
            "here-documents", .ours,
            account: "here-documents of a shell archive, and those that a script writes to a file"),
    ]
}
