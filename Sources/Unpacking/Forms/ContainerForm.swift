/// A form of container.
package enum ContainerForm: String, Sendable, CaseIterable {
    // Archives whose members `Archive` reads.
    case zip
    case sevenZip = "7z"
    case rar
    case rar5
    case tar
    case cpio
    case ar
    case iso
    case cab
    case xar
    case lha
    /// Read by `WarcRecords`.
    case warc

    // Compressed streams that `Archive` reads.
    case gzip
    case bzip2
    case xz
    case lzma
    case lzip
    case zstd
    case lz4
    case compress
    case uuencode
    /// Read by `RpmOpener`: the payload is one stream, a compressed cpio archive.
    case rpm

    // Recognised, and not supported by `Archive`.
    case lzop
    case lrzip
    case grzip
    case snappy
    case squashfs
    case cramfs
    case romfs
    /// Read by `UDFOpener`.
    case udf
    case qcow
    case vmdk
    case vhd
    case vhdx
    case vdi
    case wim
    case ace
    case arj
    case arc
    case zoo
    case stuffIt = "stuffit"
    case alz
    case egg
    case freeArc = "freearc"
    case zpaq
    case ext
    case ntfs
    case fat
    case exfat
    /// HFS+ is read by `HFSPlusOpener`; the classic HFS is not supported.
    case hfs
    case xfs
    case btrfs
    case legacyZstd = "legacy-zstd"
    /// Read by `ZlibOpener`.
    case zlib
    case pack
    case legacyBzip = "bzip"
    case rzip
    case lzfse
    case pbzx
    case pack200
    case gitPack = "git-pack"
    case gitBundle = "git-bundle"
    case binHex = "binhex"
    case packIt = "packit"
    case diskDoubler = "diskdoubler"
    case appleArchive = "apple-archive"
    case kwaj
    case installShield = "installshield"
    case innoSetup = "inno-setup"
    case databaseDump = "database-dump"
    case amiga
    /// One of many archivers that few programs still open.
    case oldArchiver = "old-archiver"
    /// Recognised by its last bytes. Read by `UDIFOpener`.
    case dmg
    case apfs
    case ewf
    case aff
    case pst
    /// Read by `OneNoteOpener`.
    case oneNote = "onenote"
    /// Read by `LZMA86Opener`.
    case lzma86
    /// Compressed streams between other bytes. Read by `CarriedStreams`.
    case carriedStreams = "carried-streams"
    /// The forks of a Macintosh file: AppleSingle, AppleDouble, MacBinary. Read by `MacForksOpener`.
    case macForks = "mac-forks"
    /// A file of a compressed ISO 9660 image. Read by `ZisofsOpener`.
    case zisofs
    /// A PHP archive, behind its script. Read by `PharOpener`.
    case phar
    /// Intel HEX or S-records. Read by `HexRecordsOpener`.
    case hexRecords = "hex-records"
    /// What a PNG has packed beside its picture. Read by `PNGTextOpener`.
    case pngText = "png-text"
    /// A text in UTF-16 or UTF-32. Read by `WideTextOpener`.
    case wideText = "wide-text"
    /// A page or XML whose bytes are not what its readers take. Read by `MarkupTextOpener`.
    case markupText = "markup-text"
    /// An archive of Electron. Read by `AsarOpener`.
    case asar
    /// Files that are attached to a film, and binary tags. Read by `MatroskaAttachments`.
    case matroskaAttachments = "matroska-attachments"
    /// Tracks of a film whose frames are packed. Read by `MatroskaTracks`.
    case matroskaTracks = "matroska-tracks"
    /// Boxes of MP4, QuickTime or HEIF. Read by `ISOMediaItems`.
    case isoMedia = "iso-media"
    /// Read by `ID3Objects`.
    case id3
    /// A tag of APE. Read by `APEItems`.
    case apeTag = "ape-tag"
    /// Icons of an animated cursor, the song of a RIFF. Read by `RIFFFiles`.
    case riff
    /// Read by `ASFAttributes`.
    case asf
    /// A thumbnail or a linked file of Photoshop. Read by `PhotoshopObjects`.
    case photoshop
    /// The resources of Photoshop, in a file of their own and in others. Read by `PhotoshopResources`.
    case photoshopResources = "photoshop-resources"
    /// What a JPEG has beside its picture. Read by `JPEGSegments`.
    case jpegSegments = "jpeg-segments"
    /// Values of a TIFF or of Exif. Read by `TIFFEntries`.
    case tiffEntries = "tiff-entries"
    /// Comments of a GIF. Read by `GIFExtensions`.
    case gifExtensions = "gif-extensions"
    /// Read by `XMPPacket`.
    case xmp
    /// An EPS with a preview. Read by `DOSPostScript`.
    case dosPostScript = "dos-postscript"
    /// A program of macOS for several processors. Read by `UniversalBinary`.
    case universalBinary = "universal-binary"
    /// An image of U-Boot or Android. Read by `BootImageOpener`.
    case bootImage = "boot-image"
    /// An image of firmware, or a tree of devices. Read by `FirmwareImages`.
    case firmware
    /// A bundle of GLib's resources. Read by `GResourceOpener`.
    case gResource = "gresource"
    /// The records of a database or a book for Palm or Kindle. Read by `PalmDatabase`.
    case palmDatabase = "palm-database"
    /// A document in DICOM. Read by `DICOMDocument`.
    case dicomDocument = "dicom-document"
    /// A DICOM file that is packed behind its head. Read by `DeflatedDICOM`.
    case deflatedDICOM = "deflated-dicom"
    /// Saved HTTP messages. Read by `HTTPMessages`.
    case http
    /// Files that a text has as digits or behind escapes. Read by `WrittenBytesOpener`.
    case writtenBytes = "written-bytes"
    /// New files in a patch. Read by `TextPatch`.
    case textPatch = "text-patch"
    /// Read by `FLACPictures`.
    case flac
    /// Read by `OggPictures`.
    case ogg
    /// WOFF and WOFF 2. Read by `WebFont`.
    case webFont = "web-font"
    /// Read by `FlashOpener` and `FlashTags`.
    case flash
    /// Read by `FlashVideo`.
    case flashVideo = "flash-video"
    /// A thermal picture of FLIR. Read by `ThermalRecords`.
    case thermalRecords = "thermal-records"
    /// Icons of Windows and macOS. Read by `IconImages`.
    case icon
    /// Read by `PEResources`.
    case peResources = "pe-resources"
    /// Read by `ELFSections`.
    case elfSections = "elf-sections"
    /// A module of WebAssembly. Read by `WasmSections`.
    case wasmSections = "wasm-sections"
    /// A binary patch of Git. Read by `GitPatchOpener`.
    case gitPatch = "git-patch"
    /// A stream of `git fast-export`. Read by `GitExportOpener`.
    case gitExport = "git-export"
    /// Read by `GitObjectOpener`.
    case gitObject = "git-object"
    /// A SQLite database that is an archive.
    case sqliteArchive = "sqlite-archive"
    /// Read by `SubversionDump`.
    case subversionDump = "subversion-dump"
    /// Texts in a repository of Subversion. Read by `SubversionRevision`.
    case subversionRevision = "subversion-revision"
    /// A file of RCS or CVS. Read by `RevisionTexts`.
    case revisionTexts = "revision-texts"
    /// Read by `PyInstallerOpener`.
    case pyInstaller = "pyinstaller"
    /// Files in a shell script, or in a shell archive. Read by `HereDocuments`.
    case hereDocuments = "here-documents"
    /// The image of a virtual machine's disk in a format without a case of its own.
    case virtualDisk = "virtual-disk"
    /// A file system that nothing here reads and that has no case of its own.
    case fileSystem = "file-system"

    /// The installers of the Nullsoft Scriptable Install System. The engine opens all but those of one deflate stream.
    case nsis
    // Encrypted: recognised, so that it is named.
    /// A message of OpenPGP. What is only signed, compressed or literal is opened.
    case openPGP = "openpgp"
    case pgpArmor = "pgp-armor"
    case encryptedFile = "encrypted-file"
    case encryptedDisk = "encrypted-disk"
    case encryptedDatabase = "encrypted-database"
    case passwordSafe = "password-safe"

    // Documents that carry files.
    case ole2
    case rtf
    /// A text with base64 in XML elements or `data:` addresses.
    case textBase64 = "text-base64"
    case binaryPlist = "binary-plist"
    /// A record of a PowerPoint 97 document that holds an OLE2 file.
    case powerPointObject = "powerpoint-object"
    /// The stream of an Excel 97 workbook. Read by `WorkbookRecords`.
    case workbookRecords = "workbook-records"

    // Read by the engine and by the walk over a PDF's objects.
    case pdf
    /// It has no magic number: it is known only by an object's `Content-Encoding`.
    case brotli

    // Mail, and files that are encoded as text.
    case mail
    case tnef
    case cms
    case activeMime = "activemime"
    /// The body of a message of Outlook. Read by `CompressedRTFOpener`.
    case compressedRTF = "compressed-rtf"
    case yEnc = "yenc"
    case base64

    /// Whether parts are taken out of it and its other bytes are not accounted for: a text, a picture, a program.
    package var leavesRest: Bool {
        switch self {
        case .mail, .uuencode, .yEnc, .binHex, .base64, .textBase64, .pgpArmor, .hexRecords, .pngText, .wideText,
            .markupText, .matroskaAttachments, .isoMedia, .id3, .flac, .ogg, .webFont, .flash, .icon, .peResources,
            .elfSections, .gitPatch, .gitExport, .hereDocuments, .pyInstaller, .subversionDump, .revisionTexts, .apeTag,
            .riff, .asf, .photoshop, .dosPostScript, .http, .textPatch, .universalBinary, .bootImage, .gResource,
            .dicomDocument, .palmDatabase, .workbookRecords, .photoshopResources, .jpegSegments, .tiffEntries,
            .gifExtensions, .xmp, .firmware, .lzma86, .flashVideo, .thermalRecords, .wasmSections,
            .matroskaTracks, .deflatedDICOM, .subversionRevision, .compressedRTF, .carriedStreams, .writtenBytes:
            true
        default: false
        }
    }

    /// Whether `Archive` reads it.
    package var isSupported: Bool { reader != nil }

    /// Whether it has exactly one member, without a name.
    package var isSingleStream: Bool {
        switch reader {
        case .filter, .biddingFilter: true
        case .format, nil: false
        }
    }
}
