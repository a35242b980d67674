import Domain
import Foundation
import ScannerTestKit

/// The expected result for each file of the zoo, by name. A star stands for each cut of a truncated file: 25, 50, 75
/// and 99 per cent of its bytes, and all but the last byte. A pattern that ends with a slash stands for a folder.
enum ZooExpectations {
    static let eicar = ScannerFixture.signatureName
    static let hidden = "Lazaret.Test.Hidden.UNOFFICIAL"

    /// Returns the expectations by name. A pattern that ends with a slash stands for all files of a folder. Later rows
    /// override earlier ones, so that an exception follows its rule.
    static func expectations(for names: [String]) -> (rows: [String: Expectation], unused: [String]) {
        var rows: [String: Expectation] = [:]
        var unused: [String] = []
        for (patterns, expectation) in table {
            for pattern in patterns.split(whereSeparator: \.isWhitespace).map(String.init) {
                let matched = names.filter { matches($0, pattern) }
                if matched.isEmpty { unused.append(pattern) }
                for name in matched { rows[name] = expectation }
            }
        }
        return (rows, unused)
    }

    private static func matches(_ name: String, _ pattern: String) -> Bool {
        if pattern.hasSuffix("/") { return name.hasPrefix(pattern) }
        guard let star = pattern.firstIndex(of: "*") else { return name == pattern }
        let head = pattern[..<star]
        let tail = pattern[pattern.index(after: star)...]
        guard name.count >= head.count + tail.count, name.hasPrefix(head), name.hasSuffix(tail) else { return false }
        let cut = name.dropFirst(head.count).dropLast(tail.count)
        return ["25", "50", "75", "99", "last"].contains(String(cut))
    }

    static let broken: Set<String> = [
        "truncated", "malformed", "missed-member", "read-error", "engine-warning",
    ]
    static let unpackable: Set<String> = broken.union([
        "unsupported-method", "unsupported-container", "overlapping-entries",
    ])
    private static let tooLarge: Set<String> = ["max-scan-size", "max-file-size", "max-files"]

    static func unscannable(_ reasons: Set<String>) -> Expectation {
        Expectation(verdicts: [.unscannable], reasons: reasons)
    }

    /// Readers differ on whether the payload exists: it is found, or the object is unscannable.
    static let foundOrDoubted = Expectation(
        verdicts: [.infected, .unscannable], reasons: unpackable, signatures: [hidden])
    /// All content was inspected, and the container is defective: both verdicts are correct.
    static let cleanOrBroken = Expectation(verdicts: [.clean, .unscannable], reasons: broken, polyglot: false)

    private static let table: [(String, Expectation)] =
        (containers + pdfs).flatMap { name in
            [("eicar/\(name)", .infected(eicar)), ("hidden/\(name)", .infected(hidden))]
        } + documents + exceptions + texts + zipTricks + encrypted + truncated + bombs + loops + images + polyglots
        + zipApplication + large + letters

    /// Each contains EICAR, which matches anywhere in plain bytes, and a payload that matches only by the hash of its
    /// file.
    private static let containers = """
        zip-xz.zip zip-zstd.zip zip64-twin.zip zip-lzma-twin.zip zip-two-twins.zip tar-base-256-twin.tar
        x86.xz delta.xz sha256.xz known-size.lzma forwarded.eml no-last-boundary.eml capitals.eml
        compound.doc iso-lying-joliet.iso zip-stored.zip zip-deflated.zip zip-bzip2.zip zip-lzma.zip zip-deflate64.zip zip-ppmd.zip zip64.zip
        zip64-end.zip zip-descriptor.zip zip-descriptor-zip64.zip zip-self-extractor.exe zip-comment.zip
        zip-utf8-names.zip zip-one-of-many.zip zip-python.zip jar.jar docx.docx xlsx.xlsx odt.odt epub.epub
        7z-lzma.7z 7z-lzma2.7z 7z-ppmd.7z 7z-bzip2.7z 7z-deflate.7z 7z-deflate64.7z 7z-copy.7z 7z-delta.7z 7z-bcj.7z
        7z-bcj2.7z 7z-solid.7z 7z-not-solid.7z 7z-plain-header.7z 7z-libarchive-zip.7z
        tar-ustar.tar tar-gnu.tar tar-pax.tar tar-base-256.tar tar-hard-link.tar tar-behind-end.tar
        tar-concatenated.tar tar-v7.tar tar.gz tar.bz2 tar.xz tar.zst tar.lz4
        one.gz members.gz name.gz one.bz2 streams.bz2 one.xz streams.xz streams-padded.xz one.lzma one.lz one.zst
        frames.zst skippable-first.zst one.lz4 frames.lz4 one.Z one.zlib
        ar.a deb.deb newc.cpio crc.cpio odc.cpio bin.cpio rpm.rpm iso.iso stored.cab mszip.cab xar.xar warc.warc
        lh0.lzh stored.arj rar4.rar rar5.rar rar5-self-extractor.exe wim.wim
        pdf-flate.pdf pdf-ascii-flate.pdf pdf-ascii85.pdf pdf-lzw.pdf pdf-run-length.pdf pdf-abbreviated.pdf
        pdf-predictor.pdf pdf-attachment.pdf attachment.eml zip-attachment.eml
        zip-in-rar-in-zst.zst tar-zst-in-zip.zip gz-in-zip-in-7z.7z docx-in-zip.zip rar-in-eml-in-zip.zip
        zst-in-iso-in-gz.gz xz-second-in-zip.zip zip64-in-tar.tar cpio-in-lz4-in-ar.a deb-in-7z.7z
        zip64-in-pdf.pdf zst-in-arj.arj 7z-bzip2-in-cab.cab rar5-in-docx.docx zip64-in-compound.doc
        """.split(whereSeparator: \.isWhitespace)

    private static let exceptions: [(String, Expectation)] = [
        // Methods that neither library has to support: found, or unscannable.
        (
            "hidden/zip-zstd.zip hidden/iso-lying-joliet.iso hidden/7z-deflate64.7z hidden/one.zlib hidden/wim.wim hidden/warc.warc hidden/tar-hard-link.tar",
            foundOrDoubted
        ),
        (
            "eicar/7z-deflate64.7z eicar/one.zlib",
            .init(verdicts: [.infected, .unscannable], reasons: unpackable, signatures: [eicar])
        ),
    ]

    private static let texts: [(String, Expectation)] = [
        (
            """
            eicar-in/script-octal.pdf eicar-in/script-hex.pdf eicar-in/script-continued.pdf eicar-in/script-utf-16.pdf
            eicar-in/plain.com eicar-in/base64.txt eicar-in/leading-space.txt eicar-in/behind-text.txt eicar-in/behind-noise.bin
            eicar-in/quoted-printable.eml eicar-in/uuencode.eml eicar-in/mbox.mbox eicar-in/rtf-object.rtf
            eicar-in/page.html eicar-in/page-utf16.html eicar-in/page-comment.html eicar-in/data-uri.html
            eicar-in/page-43m.html
            eicar-in/drawing.svg eicar-in/comment.png eicar-in/behind-end.png eicar-in/comment.jpeg eicar-in/comment.gif
            eicar-in/ignored-id3.bin eicar-in/ignored-mp3.bin eicar-in/ignored-ogg.bin eicar-in/ignored-rmf.bin
            eicar-in/ignored-sqlite.bin eicar-in/ignored-wal.bin
            eicar-in/ignored-id3-zip.bin eicar-in/ignored-mp3-zip.bin eicar-in/ignored-ogg-zip.bin
            eicar-in/ignored-rmf-zip.bin eicar-in/ignored-sqlite-zip.bin eicar-in/ignored-wal-zip.bin
            eicar-in/ignored-ogg-in-zip.zip eicar-in/page-in-zip.zip
            """, .infected(eicar)
        ),
        // No program decodes digits unasked; half a picture is shown.
        ("eicar-in/hexadecimal.txt broken/png-half.png broken/jpeg-half.jpeg broken/gif-half.gif", .clean),
    ]

    private static let encrypted: [(String, Expectation)] = [
        (
            """
            encrypted/zipcrypto.zip encrypted/zipcrypto-one-of-three.zip encrypted/zipcrypto-in-tar-gz.tar.gz
            encrypted/zip-aes.zip encrypted/zip-aes128.zip encrypted/zip-aes-in-zip.zip encrypted/zip-strong.zip
            encrypted/7z-data.7z encrypted/7z-header.7z encrypted/7z-stored.7z encrypted/7z-in-zip.zip
            encrypted/rar4-data.rar encrypted/rar4-header.rar encrypted/rar5-data.rar encrypted/rar5-header.rar
            encrypted/rar5-in-zip.zip encrypted/pdf-user-password.pdf encrypted/pdf-in-zip.zip
            encrypted/ooxml-agile.docx encrypted/ooxml-standard.xlsx encrypted/ooxml-in-zip.zip
            encrypted/ooxml-in-eml.eml encrypted/word-97.doc encrypted/word-97-in-zip.zip encrypted/excel-97.xls
            encrypted/open-document.odt encrypted/open-document-in-zip.zip
            """, .unscannable("encrypted")
        ),
        ("encrypted/zip-central-directory.zip", unscannable(unpackable.union(["encrypted"]))),
        ("encrypted/zipcrypto-eicar-beside.zip", .infected(eicar)),
        ("encrypted/allowed-zip64-beside.zip", .infected(hidden)),
        // The flag says encrypted, but the data is not: some readers ignore the flag.
        (
            "encrypted/zip-flag-alone.zip encrypted/zip-flag-in-directory-alone.zip",
            .init(verdicts: [.infected, .unscannable], reasons: unpackable.union(["encrypted"]), signatures: [hidden])
        ),
        // With an empty password, anyone can decrypt it.
        ("encrypted/pdf-empty-password.pdf encrypted/pdf-empty-password-flate.pdf", .infected(eicar)),
        (
            """
            encrypted/pdf-empty-password-innocent.pdf encrypted/allowed-zipcrypto.zip encrypted/allowed-7z.7z
            encrypted/allowed-rar5.rar encrypted/allowed-pdf.pdf encrypted/allowed-ooxml.docx
            """, .clean
        ),
    ]

    private static let truncated: [(String, Expectation)] = [
        (
            """
            truncated/zip-stored-*.zip truncated/zip-deflated-*.zip truncated/zip-bzip2-*.zip truncated/zip-lzma-*.zip
            truncated/zip-descriptor-*.zip truncated/docx-*.docx truncated/7z-lzma-*.7z truncated/7z-copy-*.7z
            truncated/7z-bzip2-*.7z truncated/tar-*.tar truncated/tar-pax-*.tar truncated/tar-*.gz truncated/tar-*.zst
            truncated/one-*.gz truncated/one-*.bz2 truncated/one-*.xz truncated/one-*.lzma truncated/one-*.lz
            truncated/one-*.zst truncated/one-*.lz4 truncated/two-members-*.gz truncated/ar-*.a truncated/newc-*.cpio
            truncated/odc-*.cpio truncated/deb-*.deb truncated/rpm-*.rpm truncated/iso-*.iso truncated/stored-*.cab
            truncated/mszip-*.cab truncated/xar-*.xar truncated/lh0-*.lzh truncated/stored-*.arj truncated/rar4-*.rar
            truncated/rar5-*.rar truncated/pdf-*.pdf truncated/zip-in-zip-*.zip truncated/one-*.Z
            """, unscannable(broken.union(["unsupported-method"]))
        ),
        // Only the padding of the last block is missing, all zeros.
        ("truncated/tar-99.tar truncated/tar-last.tar truncated/tar-pax-99.tar truncated/tar-pax-last.tar", .clean),
        ("truncated/newc-last.cpio truncated/odc-last.cpio truncated/iso-99.iso truncated/iso-last.iso", cleanOrBroken),
        // Only the end mark is missing; every member was inspected.
        (
            "truncated/newc-99.cpio truncated/odc-99.cpio truncated/lh0-last.lzh truncated/stored-last.arj",
            cleanOrBroken
        ),
        ("truncated/rar4-last.rar truncated/rar5-last.rar", cleanOrBroken),
        // Only the last byte of a checksum is missing.
        ("truncated/xar-last.xar", cleanOrBroken),
        // Only the cross-reference table or the last line end is missing; no stream is.
        ("truncated/pdf-99.pdf truncated/pdf-last.pdf", cleanOrBroken),
        // compress(1) has no end mark: the rest is a complete, shorter file, except for half a code.
        ("truncated/one-*.Z", cleanOrBroken),
        // The cut is between the two members.
        ("truncated/two-members-50.gz", .clean),

        ("damaged/one.bz2 damaged/one.xz damaged/7z.7z damaged/one.zst damaged/one.lz4", unscannable(broken)),
        // The first of several volumes.
        (
            "volume/rar5.rar volume/cab.cab volume/7z.001 volume/zip.z01",
            unscannable(unpackable)
        ),
        // Only a checksum is wrong; a reader gets the same bytes, and they were inspected.
        ("damaged/one.gz damaged/zip.zip damaged/rar5.rar", cleanOrBroken),
        (
            """
            broken/elf-headers-beyond-end broken/elf-section-entry-size broken/pe-sections-beyond-end.exe
            """, .unscannable("malformed", "truncated")
        ),
    ]

    private static let bombs: [(String, Expectation)] = [
        (
            """
            bomb/gzip-10g.gz bomb/xz-10g.xz bomb/zstd-10g.zst bomb/bzip2-10g.bz2 bomb/bzip2-streams.bz2
            bomb/gzip-members.gz bomb/xz-streams.xz bomb/zstd-frames.zst bomb/zstd-many.zip bomb/7z-1g.7z bomb/tar-gz-10g.tar.gz
            bomb/gzip-in-zip.zip bomb/nested.zip bomb/pdf-flate-nested.pdf bomb/member-of-40m.zip bomb/member-of-40m.gz
            """, unscannable(tooLarge)
        ),
        (
            "bomb/gzip-10g-in-time.gz bomb/zstd-10g-in-time.zst bomb/nested-time.zip",
            unscannable(tooLarge.union(["max-scan-time", "timed-out"]))
        ),
        ("bomb/overlapping.zip bomb/quoted.zip", unscannable(tooLarge.union(["overlapping-entries"]))),
        ("bomb/overlapping-few.zip bomb/quoted-few.zip", .unscannable("overlapping-entries", "malformed")),
        (
            "bomb/deep-100.zip bomb/deep-100.gz bomb/deep-100.zst bomb/deep-100.tar bomb/deep-mixed-100.zst bomb/deep-5-of-3.gz",
            .unscannable("max-recursion")
        ),
        ("bomb/deep-15.zip bomb/deep-5.gz bomb/deep-mixed-12.zst", .infected(hidden)),
        (
            """
            bomb/members-300-of-100.zip bomb/members-300-of-100.tar bomb/members-300-of-100.rar bomb/members-10001.zip
            bomb/members-10001.tar
            """, .unscannable("max-files")
        ),
        ("bomb/members-9990.zip bomb/members-10001-of-20000.zip", .clean),
        // A hundred thousand empty members: the count is over the limit, and there was nothing to inspect.
        (
            "bomb/empty-members-100000.zip",
            .init(verdicts: [.clean, .unscannable], reasons: ["max-files"], polyglot: false)
        ),
        // Entities are not expanded, and images are not decoded.
        ("bomb/xml-entities.xml bomb/xml-entities.svg bomb/png-13000.png", .clean),
        (
            "bomb/xz-dictionary-4g.xz bomb/lzma-dictionary-4g.lzma",
            .init(
                verdicts: [.infected, .unscannable], reasons: broken.union(["max-dictionary", "resources"]),
                signatures: [hidden])
        ),
        ("bomb/zstd-window-3t.zst", unscannable(unpackable.union(["max-dictionary"]))),
        // A window of half a gigabyte is valid, and more than a reader must support (RFC 8878 requires 8 MiB).
        (
            "bomb/zstd-window-512m.zst",
            .init(verdicts: [.clean, .unscannable], reasons: unpackable.union(["max-dictionary"]), polyglot: false)
        ),
    ]

    private static let polyglots: [(String, Expectation)] = [
        (
            """
            polyglot/gif-script.gif polyglot/pdf-zip.pdf polyglot/pdf-zip-not-counted.pdf
            polyglot/jpeg-comment-html.jpeg polyglot/png-text-html.png polyglot/png-zip.png polyglot/jpeg-zip.jpeg
            polyglot/jpeg-php.jpeg polyglot/gif-php.gif polyglot/gifar.gif polyglot/jpeg-pdf-at-500.jpeg
            polyglot/gif-html.gif polyglot/png-rar.png polyglot/png-7z.png polyglot/pdf-html-first.pdf
            """, .polyglot
        ),
        // The second form contains a payload that only shows when it is opened: it is found, or the object is
        // unscannable, or the second type is reported.
        (
            """
            polyglot-hidden/png-zip.png polyglot-hidden/gif-zip.gif polyglot-hidden/jpeg-zip.jpeg
            polyglot-hidden/pdf-zip.pdf polyglot-hidden/text-zip.txt polyglot-hidden/png-rar.png
            polyglot-hidden/png-7z.png polyglot-hidden/script-tgz.sh polyglot-hidden/7z-self-extractor.exe
            polyglot-hidden/gz-zip.gz polyglot-hidden/bz2-zip.bz2 polyglot-hidden/xz-zip.xz
            polyglot-hidden/zst-zip.zst polyglot-hidden/7z-zip.7z polyglot-hidden/rar5-zip.rar polyglot-hidden/cab-zip.cab
            polyglot-hidden/cpio-zip.cpio polyglot-hidden/lz4-zip.lz4 polyglot-hidden/pe-rar.exe polyglot-hidden/pe-zip.exe polyglot-hidden/tar-zip.tar
            """,
            .init(
                verdicts: [.infected, .unscannable], reasons: unpackable, signatures: [hidden], acceptsSecondType: true)
        ),
        (
            """
            innocent/xmp.jpeg innocent/xmp.png innocent/exif-thumbnail.jpeg innocent/comment.jpeg
            innocent/two-pictures.jpeg innocent/about-html.pdf innocent/about-html-plain.pdf innocent/about-zip.txt
            innocent/about-php.md innocent/drawing-in-page.html innocent/data-with-strings.bin innocent/document.docx innocent/motion-photo.jpeg innocent/html-letter.eml
            """, .clean
        ),
        (
            """
            sealed/a.lzo sealed/a.lrz sealed/a.sz sealed/a.zoo sealed/a.sit sealed/a.sitx sealed/a.ace sealed/squash.img
            sealed/disk.qcow2 sealed/disk.vmdk sealed/disk.vhd sealed/disk.vdi sealed/fat.img sealed/ext4.img
            sealed/ntfs.img sealed/disk.mbr
            """, unscannable(unpackable)
        ),
        (
            """
            ordinary/empty ordinary/one-byte ordinary/five-bytes ordinary/six-bytes ordinary/text.txt ordinary/noise.bin
            ordinary/zeros.bin ordinary/picture.png ordinary/picture.gif ordinary/picture.jpeg ordinary/picture.webp
            ordinary/picture.bmp ordinary/picture.tiff ordinary/picture.ico ordinary/picture.svg ordinary/document.pdf
            ordinary/document.docx ordinary/sheet.xlsx ordinary/document.odt ordinary/book.epub ordinary/document-97.doc
            ordinary/sheet-97.xls ordinary/compound.msg ordinary/document.rtf ordinary/program.jar ordinary/package.whl
            ordinary/many.zip ordinary/small-members.zip ordinary/same-sizes.zip ordinary/same-members.zip
            ordinary/stored.zip ordinary/python.zip ordinary/folders.zip ordinary/empty.7z ordinary/empty.a ordinary/signed.apk ordinary/aligned.apk ordinary/extension.crx ordinary/descriptor.zip ordinary/zip64.zip
            ordinary/zip-in-zip.zip ordinary/nested.tar.gz ordinary/mac.zip ordinary/archive.tar
            ordinary/archive-gnu.tar ordinary/archive-pax.tar ordinary/archive-links.tar ordinary/archive.tar.gz
            ordinary/archive.tar.bz2 ordinary/archive.tar.xz ordinary/archive.tar.zst ordinary/archive.7z
            ordinary/archive-copy.7z ordinary/archive-bcj.7z ordinary/image.iso ordinary/image-joliet-off.iso
            ordinary/archive.xar ordinary/archive.cpio ordinary/archive.a ordinary/archive.cab ordinary/archive-4.rar
            ordinary/archive-5.rar ordinary/archive.lzh ordinary/archive.arj ordinary/package.deb ordinary/package.rpm
            ordinary/one.gz ordinary/page.1.gz ordinary/one.bz2 ordinary/streams.bz2 ordinary/one.xz ordinary/one.zst
            ordinary/one.lz4 ordinary/one.lzma ordinary/one.Z ordinary/empty.gz ordinary/song.mp3 ordinary/song.ogg
            ordinary/sound.wav ordinary/film.mp4 ordinary/base.sqlite ordinary/table.csv ordinary/data.json
            ordinary/data.xml ordinary/page.html ordinary/picture-in-page.html ordinary/letter.eml
            ordinary/letter-zip.eml ordinary/letters.mbox ordinary/program ordinary/program.exe ordinary/script.sh
            ordinary/pdf-thumbnail.pdf ordinary/pdf-wrong-length.pdf ordinary/pdf-scripts.pdf ordinary/pdf-in-stream.pdf
            ordinary/font.ttf ordinary/calendar.ics ordinary/text-utf16.txt ordinary/base64.txt ordinary/zoo.torrent
            """, .clean
        ),
    ]

    /// A self-extracting script has two forms on purpose. A ZIP that is attached to a PDF is there for two readers.
    private static let zipApplication: [(String, Expectation)] = [
        (
            "ordinary/app.pyz ordinary/pdf-zip-attached.pdf ordinary/pdf-about-pdf.txt ordinary/pdf-no-header.pdf",
            .init(verdicts: [.clean])
        )
    ]

    private static let large: [(String, Expectation)] = [
        ("large/zeros-3g large/one-over-the-ceiling", .unscannable("over-engine-ceiling")),
        ("large/eicar-behind-3g-stream large/eicar-at-the-ceiling", .infected(eicar)),
        ("large/zeros-3g-stream large/the-ceiling", .clean),
    ]
}
