/// Forms that carry files beside what they are for. The files are parts; the rest is matched as bytes.
extension Coverage {
    static let carried: [CoverageRow] = [
        CoverageRow(
            "carried-streams", .ours,
            account: "streams of zlib, lzip, LZMA and compress, and what more of other streams than four, at any place "
                + "in bytes of other forms but PNG, TIFF and WOFF: what they decode to is one part, and a stream that "
                + "begins as a container or a program is a part of its own. Beyond 32 MiB and the layer's size, only "
                + "the first 4 KiB of a binary stream are joined, up to 1 GiB in all, and the rest of it is a leaf; a "
                + "text is joined to its end, or a gap"),
        CoverageRow(
            "asar", .ours,
            account: "every file of the directory; bytes that belong to none are layers"),
        CoverageRow(
            "matroska-attachments", .ours,
            account: "every attached file and binary tag, wherever the element that holds them stands"),
        CoverageRow(
            "matroska-tracks", .ours,
            account: "the frames of each track whose frames are packed, joined; other tracks are matched as bytes"),
        CoverageRow(
            "riff", .ours,
            account: "icons of an animated cursor, the song of a RMID, profiles, Exif and XML of a WebP or a WAVE, "
                + "texts of an AIFF; other chunks are matched as bytes"),
        CoverageRow(
            "asf", .ours,
            account: "pictures and other binary attributes of the header; the streams are matched as bytes, since no "
                + "ordinary software takes files that were sent within them"),
        CoverageRow(
            "photoshop", .ours,
            account: "thumbnails and linked files, wherever they stand; other resources and layers are matched as "
                + "bytes"),
        CoverageRow(
            "photoshop-resources", .ours,
            account: "every resource of 32 bytes or more and every caption, as the image resources of a PSD, a JPEG or "
                + "a TIFF"),
        CoverageRow(
            "jpeg-segments", .ours,
            account: "comments and segments of applications of 32 bytes or more, joined where they continue one "
                + "another, further pictures of a camera, and the bytes behind the end; the picture is a leaf"),
        CoverageRow(
            "tiff-entries", .ours,
            account: "values of 32 bytes or more without a type, texts of 64 or more, thumbnails and packed pictures "
                + "in one strip, of every directory, also in Exif; pixels are matched as bytes"),
        CoverageRow(
            "gif-extensions", .ours,
            account: "comments and data of applications of 32 bytes or more, their blocks joined, and the bytes behind "
                + "the end"),
        CoverageRow(
            "xmp", .ours,
            account: "a packet between other bytes that carries base64, wherever it stands"),
        CoverageRow(
            "dos-postscript", .ours,
            account: "the PostScript and its previews by their offsets"),
        CoverageRow(
            "universal-binary", .ours,
            account: "the program for each processor"),
        CoverageRow(
            "boot-image", .ours,
            account: "the images that U-Boot or Android starts; all bytes are searched"),
        CoverageRow(
            "firmware", .ours,
            account: "the images of a FIT from 32 bytes on, other properties of trees of devices from 1024 bytes on, "
                + "and what follows the trees, the partitions of a TRX, the trees of a DTBO, the joined blocks of a "
                + "UF2; all bytes are searched"),
        CoverageRow(
            "palm-database", .ours,
            mimeTypes: ["application/x-mobipocket-ebook"],
            account: "every record or resource as it stands, and the text of a book, unpacked from PalmDOC; other "
                + "packed text is matched as bytes"),
        CoverageRow(
            "workbook-records", .ours,
            account: "the theme and the pictures that are cut into several records; the workbook is matched as bytes"),
        CoverageRow(
            "gresource", .ours,
            account: "every file of the tables, packed ones decoded, also in a program"),
        CoverageRow(
            "dicom-document", .ours,
            account: "the encapsulated document; the picture is a leaf"),
        CoverageRow(
            "deflated-dicom", .ours,
            account: "the file as it is before Deflate packs it"),
        CoverageRow(
            "http", .ours,
            account: "the body of each saved message, its chunks joined, Brotli and Deflate decoded"),
        CoverageRow(
            "written-bytes", .ours,
            account: "the values of a `.reg`, together; files whose first bytes are known behind hexadecimal digits "
                + "(dumps of xxd, hexdump and certutil, forms of Delphi, property lists, DXF, SQL) and behind escapes "
                + "of MySQL and PostgreSQL; Ascii85 between its marks; what PostScript decodes or decrypts. The text "
                + "is matched as it is"),
        CoverageRow(
            "text-patch", .ours,
            account: "new files of unified and context diffs and of Darcs; what a patch puts into other files is "
                + "matched as text"),
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
            account: "pictures, also those in comments, and data of applications in the metadata"),
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
            "flash-video", .ours,
            account: "the frames of its sound if that is MP3, joined, and the only sound or picture; other tags are "
                + "matched as bytes"),
        CoverageRow(
            "thermal-records", .ours,
            account: "every record, and the picture in it"),
        CoverageRow(
            "wasm-sections", .ours,
            account: "every custom section, and the modules of a component; the code is matched as bytes"),
        CoverageRow(
            "icon", .ours,
            account: "images that are files of their own (PNG, JPEG, JPEG 2000), and whatever is no bitmap"),
        CoverageRow(
            "pe-resources", .ours,
            account: "data, pages, fonts, PNG icons and named resources of a program, and those of .NET; menus, texts "
                + "and bitmaps are matched with it"),
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
            "subversion-revision", .ours,
            account: "every text of FSFS that is stored whole; one that is stored as a difference is not supported"),
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
