/// Forms whose parts are taken out.
extension Coverage {
    static let opened: [CoverageRow] = [
        CoverageRow(
            "zip", .libarchive,
            mimeTypes: [
                "application/zip", "application/x-zip", "application/java-archive", "application/epub+zip",
                "application/vnd.android.package-archive", "application/vnd.google-earth.kmz",
                "application/x-chrome-extension", "application/x-ios-app", "application/x-java-jmod",
                "application/vnd.oasis.opendocument.chart", "application/vnd.oasis.opendocument.chart-template",
                "application/vnd.oasis.opendocument.database", "application/vnd.oasis.opendocument.formula",
                "application/vnd.oasis.opendocument.formula-template", "application/vnd.oasis.opendocument.graphics",
                "application/vnd.oasis.opendocument.graphics-template", "application/vnd.oasis.opendocument.image",
                "application/vnd.oasis.opendocument.image-template", "application/vnd.oasis.opendocument.presentation",
                "application/vnd.oasis.opendocument.presentation-template",
                "application/vnd.oasis.opendocument.spreadsheet",
                "application/vnd.oasis.opendocument.spreadsheet-template", "application/vnd.oasis.opendocument.text",
                "application/vnd.oasis.opendocument.text-master", "application/vnd.oasis.opendocument.text-template",
                "application/vnd.oasis.opendocument.text-web",
                "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                "application/vnd.ms-visio.drawing.main+xml", "application/vnd.sun.xml.base",
                "application/vnd.sun.xml.calc", "application/vnd.sun.xml.calc.template",
                "application/vnd.sun.xml.draw", "application/vnd.sun.xml.draw.template",
                "application/vnd.sun.xml.impress", "application/vnd.sun.xml.impress.template",
                "application/vnd.sun.xml.math", "application/vnd.sun.xml.writer",
                "application/vnd.sun.xml.writer.global", "application/vnd.sun.xml.writer.template",
                "application/vnd.sun.xml.writer.web", "application/vnd.openofficeorg.extension",
                "application/x-vnd.corel.designer.document+zip", "application/x-vnd.corel.draw.document+zip",
                "application/x-vnd.corel.draw.template+zip", "application/x-vnd.corel.symbol.library+zip",
                "application/x-vnd.corel.zcf.designer.document+zip", "application/x-vnd.corel.zcf.draw.document+zip",
                "application/x-vnd.corel.zcf.draw.template+zip", "application/x-vnd.corel.zcf.pattern+zip",
                "application/x-vnd.corel.zcf.symbol.library+zip", "application/x-windows-gadget",
                "application/x-windows-themepack", "application/x-silverlight-app",
            ],
            engineTypes: [
                "CL_TYPE_ZIP", "CL_TYPE_ZIPSFX", "CL_TYPE_OOXML_WORD", "CL_TYPE_OOXML_PPT", "CL_TYPE_OOXML_XL",
                "CL_TYPE_OOXML_HWP",
            ],
            account: "by the central directory, which must agree with every local header; found by its "
                + "first bytes and by its end record"),
        CoverageRow(
            "7z", .libarchive,
            mimeTypes: ["application/x-7z-compressed"],
            engineTypes: ["CL_TYPE_7Z", "CL_TYPE_7ZSFX"],
            account: "every member that has bytes is unpacked; bytes behind the end are a layer"),
        CoverageRow(
            "rar", .libarchive,
            mimeTypes: ["application/x-rar", "application/vnd.rar"],
            engineTypes: ["CL_TYPE_RAR", "CL_TYPE_RARSFX"],
            account: "every member that has bytes is unpacked; bytes behind the end are a layer"),
        CoverageRow(
            "rar5", .libarchive,
            account: "every member that has bytes is unpacked; bytes behind the end are a layer"),
        CoverageRow(
            "tar", .libarchive,
            mimeTypes: [
                "application/x-tar", "application/x-gtar", "application/x-ustar", "application/vnd.gentoo.gpkg",
            ],
            engineTypes: ["CL_TYPE_POSIX_TAR", "CL_TYPE_OLD_TAR"],
            account: "every member that has bytes is unpacked; bytes behind the end are a layer. A header without a "
                + "zero may be a table of numbers: what follows it is inspected, and damage is no gap"),
        CoverageRow(
            "cpio", .libarchive,
            mimeTypes: ["application/x-cpio"],
            engineTypes: ["CL_TYPE_CPIO_OLD", "CL_TYPE_CPIO_ODC", "CL_TYPE_CPIO_NEWC", "CL_TYPE_CPIO_CRC"],
            account: "every member that has bytes is unpacked; bytes behind the end are a layer. A name without the "
                + "zero that ends it, which GNU cpio takes and 7-Zip does not, may be digits of a dump: what follows "
                + "it is inspected, and damage is no gap"),
        CoverageRow(
            "ar", .libarchive,
            mimeTypes: ["application/x-archive", "application/vnd.debian.binary-package"],
            account: "every member that has bytes is unpacked; bytes behind the end are a layer"),
        CoverageRow(
            "iso", .libarchive,
            mimeTypes: ["application/x-iso9660-image"],
            engineTypes: ["CL_TYPE_ISO9660"],
            account: "every file of the ISO 9660 tree is unpacked"),
        CoverageRow(
            "cab", .libarchive,
            mimeTypes: ["application/vnd.ms-cab-compressed"],
            engineTypes: ["CL_TYPE_MSCAB", "CL_TYPE_CABSFX"],
            account: "every member that has bytes is unpacked; bytes behind the end are a layer. Members in Quantum "
                + "are gaps: nothing here decodes it"),
        CoverageRow(
            "xar", .libarchive,
            mimeTypes: ["application/x-xar"],
            engineTypes: ["CL_TYPE_XAR"],
            account: "every member that has bytes is unpacked; bytes behind the end are a layer"),
        CoverageRow(
            "lha", .libarchive,
            mimeTypes: ["application/x-lzh-compressed", "application/x-lha"],
            engineTypes: ["CL_TYPE_LHA_LZH"],
            account: "every member that has bytes is unpacked; bytes behind the end are a layer. Members in -lh1-, "
                + "-lzs- and other old methods are gaps: nothing here decodes them"),
        CoverageRow(
            "gzip", .ours,
            mimeTypes: ["application/gzip", "application/x-gzip"],
            engineTypes: ["CL_TYPE_GZ"],
            account: "the stream is decoded to its end; bytes behind it are a layer. Of several streams the first is a "
                + "part of its own as well, and what its end cuts off there is no gap"),
        CoverageRow(
            "bzip2", .ours,
            mimeTypes: ["application/x-bzip2"],
            engineTypes: ["CL_TYPE_BZ"],
            account: "the stream is decoded to its end; bytes behind it are a layer"),
        CoverageRow(
            "xz", .ours,
            mimeTypes: ["application/x-xz"],
            engineTypes: ["CL_TYPE_XZ"],
            account: "the stream is decoded to its end; bytes behind it are a layer"),
        CoverageRow(
            "lzma", .ours,
            mimeTypes: ["application/x-lzma"],
            account: "the stream is decoded to its end; bytes behind it are a layer"),
        CoverageRow(
            "lzip", .ours,
            mimeTypes: ["application/x-lzip"],
            account: "the stream is decoded to its end; bytes behind it are a layer"),
        CoverageRow(
            "zstd", .ours,
            mimeTypes: ["application/zstd", "application/x-zstd"],
            account: "the stream is decoded to its end; bytes behind it are a layer"),
        CoverageRow(
            "lz4", .libarchive,
            mimeTypes: ["application/x-lz4"],
            account: "the stream is decoded to its end; bytes behind it are a layer"),
        CoverageRow(
            "compress", .libarchive,
            mimeTypes: ["application/x-compress"],
            account: "the stream is decoded to its end; bytes behind it are a layer"),
        CoverageRow(
            "uuencode", .ours,
            engineTypes: ["CL_TYPE_UUENCODED"],
            account: "every file in uuencode, xxencode or begin-base64, at any line, is decoded as far as it goes"),
        CoverageRow(
            "rpm", .ours,
            mimeTypes: ["application/x-rpm"],
            account: "the headers have lengths; what follows them is the payload, and must be packed"),
        CoverageRow(
            "mac-forks", .ours,
            mimeTypes: ["application/x-macbinary"],
            account: "both forks and the other entries by their lengths; all bytes are searched"),
        CoverageRow(
            "phar", .ours,
            account: "the files that the manifest lists, one behind the other; what follows them is a layer"),
        CoverageRow(
            "hex-records", .ours,
            account: "Intel HEX and S-records with a right sum; the text's other lines are matched"),
        CoverageRow(
            "png-text", .ours,
            account: "colour profiles, packed texts, other texts of 32 bytes or more, Exif and bytes in digits; the "
                + "picture is a leaf, and all bytes are searched"),
        CoverageRow(
            "wide-text", .ours,
            account: "UTF-16 and UTF-32, as ASCII; the layer itself is matched as well"),
        CoverageRow(
            "compressed-rtf", .ours,
            account: "the body of a message of Outlook is decoded as far as it goes; the layer is matched as well"),
        CoverageRow(
            "markup-text", .ours,
            account: "a page or XML in UTF-7, ISO-2022 or HZ, or with entities of its own, as ASCII with these "
                + "replaced; the layer itself is matched as well"),
        CoverageRow(
            "zisofs", .ours,
            account: "each block of the table is one zlib stream"),
        CoverageRow(
            "warc", .ours,
            mimeTypes: ["application/warc"],
            account: "every record has a length; every payload is unpacked"),
        CoverageRow(
            "brotli", .ours,
            account: "the stream is decoded to its end; known only by Content-Encoding, since it has no magic number"),
        CoverageRow(
            "openpgp", .ours,
            account: "packet by packet: literal and compressed packets are unpacked, encrypted ones are a gap; bytes "
                + "behind the last packet are a layer",
            refusal: "encrypted"),
        CoverageRow(
            "pgp-armor", .ours,
            account: "at the start of any line; the body is decoded and searched as a layer: a message is opened, a "
                + "key or a signature is a leaf"),
        CoverageRow(
            "text-base64", .ours,
            account: "base64 in the elements of XML, and `data:` addresses in any text, are decoded, but not "
                + "elements of 20 or 32 bytes: hashes, which are a leaf; and values of attributes that are addresses "
                + "written with references to characters, tabs or line ends, long strings, strings whose name in "
                + "JSON is a media type, and what begins with a magic number, whatever stands before it. Other Base64 "
                + "in scripts and JSON is a leaf: no reader turns it into a file by itself"),
        CoverageRow(
            "binary-plist", .ours,
            account: "every data object is a part, but those of 20 or 32 bytes: hashes, which are a leaf"),
        CoverageRow(
            "arj", .ours,
            mimeTypes: ["application/x-arj"],
            engineTypes: ["CL_TYPE_ARJ", "CL_TYPE_ARJSFX"],
            account:
                "each member is unpacked, from header to header down to the end mark; bytes behind it are a layer; "
                + "one volume of several is not supported"),
        CoverageRow(
            "pdf", .ours,
            mimeTypes: ["application/pdf", "application/vnd.fdf"],
            engineTypes: ["CL_TYPE_PDF"],
            account: "every stream is decoded and unpacked, wherever an object stands, and what libqpdf sees by the "
                + "cross-reference table as well, decrypted with the empty password; strings with scripts, and those "
                + "with escapes; the samples of larger pictures are a leaf"),
        CoverageRow(
            "xdp", .engine,
            engineTypes: ["CL_TYPE_XDP"],
            account: "the engine decodes the documents in it, and each is walked"),
        CoverageRow(
            "ole2", .ours,
            mimeTypes: [
                "application/CDFV2", "application/vnd.ms-office", "application/msword", "application/vnd.ms-excel",
                "application/vnd.ms-powerpoint", "application/vnd.ms-project", "application/vnd.ms-publisher",
                "application/vnd.visio", "application/vnd.ms-outlook", "application/x-ms-msg", "application/x-ms-oft",
                "application/x-ole-storage", "application/x-msi", "application/x-ms-thumbnail", "application/x-hwp",
                "application/encrypted", "application/vnd.ms-works", "application/vnd-ms-works",
                "application/vnd.ms-works-db",
                "application/x-ms-jumplist", "application/x-wine-extension-msp",
            ],
            engineTypes: [
                "CL_TYPE_MSOLE2", "CL_TYPE_MSWORD", "CL_TYPE_MSXL", "CL_TYPE_MSPPT", "CL_TYPE_HWPOLE2", "CL_TYPE_HWP5",
                "CL_TYPE_ISHIELD_MSI",
            ],
            account: "every stream of every directory entry is a part, and so are the files of OLE 1 objects, the "
                + "source of macros, and the sectors of no stream",
            refusal: "encrypted"),
        CoverageRow(
            "powerpoint-object", .ours,
            account: "every record of an embedded file, a control or macros is unpacked, wherever it stands"),
        CoverageRow(
            "hwp3", .engine,
            engineTypes: ["CL_TYPE_HWP3"],
            account: "what the engine makes of it is matched, and each file of its own is walked; its "
                + "alerts and warnings are gaps"),
        CoverageRow(
            "mail", .ours,
            mimeTypes: ["message/rfc822", "message/news", "message/x-gnu-rmail"],
            engineTypes: ["CL_TYPE_MAIL", "CL_TYPE_MHTML"],
            account: "each part that GMime sees, each part that a reader by lines sees besides, and each encoded "
                + "file at any line is decoded"),
        CoverageRow(
            "tnef", .ours,
            mimeTypes: ["application/vnd.ms-tnef"],
            engineTypes: ["CL_TYPE_TNEF"],
            account: "the attributes are listed; attachments, texts, objects and long properties are unpacked"),
        CoverageRow(
            "cms", .ours,
            account: "the content in the clear is unpacked; bytes behind the end are a layer",
            refusal: "encrypted", reason: "content for a recipient's key is refused"),
        CoverageRow(
            "activemime", .ours,
            account: "the stream is decoded to its end"),
        CoverageRow(
            "yenc", .ours,
            account: "every file, at any line, is decoded as far as it goes; its parts are joined"),
        CoverageRow(
            "base64", .ours,
            account: "every block of lines of at least 48 digits of both cases is decoded, and every binary value of a "
                + "calendar, an address card or LDIF"),
        CoverageRow(
            "chm", .engine,
            mimeTypes: ["application/vnd.ms-htmlhelp"],
            engineTypes: ["CL_TYPE_MSCHM"],
            account: "what the engine makes of it is matched, and each file of its own is walked; its "
                + "alerts and warnings are gaps"),
        CoverageRow(
            "html", .engine,
            engineTypes: ["CL_TYPE_HTML", "CL_TYPE_HTML_UTF16", "CL_TYPE_SCRENC"],
            account: "what the engine makes of it is matched, and each file of its own is walked; its "
                + "alerts and warnings are gaps"),
        CoverageRow(
            "xml-office", .engine,
            engineTypes: ["CL_TYPE_XML_WORD", "CL_TYPE_XML_XL", "CL_TYPE_XML_HWP"],
            account: "what the engine makes of it is matched, and each file of its own is walked; its "
                + "alerts and warnings are gaps"),
        CoverageRow(
            "rtf", .ours,
            mimeTypes: ["text/rtf"],
            engineTypes: ["CL_TYPE_RTF"],
            account: "every group of hexadecimal digits or raw bytes is decoded, in each way in which readers do; the "
                + "native data of objects and the files of packages are parts"),
        CoverageRow(
            "program", .engine,
            mimeTypes: [
                "application/vnd.microsoft.portable-executable", "application/x-dosexec", "application/x-executable",
                "application/x-pie-executable", "application/x-sharedlib", "application/x-object",
                "application/x-mach-binary", "application/x-coredump", "application/x-ms-ne-executable",
                "application/x-lx-executable", "application/x-ms-w3-executable", "application/x-ms-w4-executable",
                "application/x-coff", "application/x-dosdriver",
            ],
            engineTypes: [
                "CL_TYPE_MSEXE", "CL_TYPE_ELF", "CL_TYPE_MACHO", "CL_TYPE_MACHO_UNIBIN", "CL_TYPE_SFX",
            ],
            account:
                "matched and unpacked by the engine; containers behind it are layers. Sections that are loaded are "
                + "code and data of the program, and no files, although 7-Zip lists them. A program that unpacks itself "
                + "in memory (UPX of ELF and Mach-O) is matched as it is stored, like that of any other packer: its user "
                + "runs these bytes, and only `upx -d` writes the plain program"),
        CoverageRow(
            "installer", .engine,
            engineTypes: ["CL_TYPE_AUTOIT"],
            account: "what the engine makes of it is matched, and each file of its own is walked; its "
                + "alerts and warnings are gaps"),
        CoverageRow(
            "sis", .engine,
            mimeTypes: ["application/vnd.symbian.install"],
            engineTypes: ["CL_TYPE_SIS"],
            account: "what the engine makes of it is matched, and each file of its own is walked; its "
                + "alerts and warnings are gaps"),
        CoverageRow(
            "szdd", .engine,
            mimeTypes: ["application/x-installshield-compress-szdd", "application/x-ms-compress-szdd"],
            engineTypes: ["CL_TYPE_MSSZDD"],
            account: "what the engine makes of it is matched, and each file of its own is walked; its "
                + "alerts and warnings are gaps"),
        CoverageRow(
            "cryptff", .engine,
            engineTypes: ["CL_TYPE_CRYPTFF"],
            account: "what the engine makes of it is matched, and each file of its own is walked; its "
                + "alerts and warnings are gaps"),
        CoverageRow(
            "binhex", .ours,
            mimeTypes: ["application/mac-binhex", "application/mac-binhex40"],
            engineTypes: ["CL_TYPE_BINHEX"],
            account: "both forks of every file, at any line, are decoded"),
    ]
}
