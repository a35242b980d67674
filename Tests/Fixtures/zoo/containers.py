"""One payload in every container that can be built, and in nested ones."""

import base64
import binascii
import bz2
import gzip
import io
import lzma
import quopri
import struct
import tarfile
import zipfile
import zlib

import pdfs
import formats
import zips
from animals import noise, prose
from compound import compound
from packing import filtered, libarchive, sevenzip


def every_container(payload):
    """Returns each container by name, with the payload as a member and a plain member."""
    plain = ("plain.txt", prose(3000, 5))
    members = [plain, ("payload.bin", payload)]
    found = {}

    # ZIP.
    for name, method in (("stored", 0), ("deflated", 8), ("bzip2", 12), ("lzma", 14)):
        found[f"zip-{name}.zip"] = zips.archive(members, method)
    for method in ("Deflate64", "PPMd"):
        found[f"zip-{method.lower()}.zip"] = sevenzip(members, f"-mm={method}", type="zip")
    entry = zips.Entry
    found["zip-xz.zip"] = zips.build([entry(*plain), entry("p.bin", payload, 95, packed=lzma.compress(payload))])
    found["zip-zstd.zip"] = zips.build([entry(*plain), entry("p.bin", payload, 93, packed=filtered(payload, "zstd"))])
    # A member that the engine opens and one that it may not open have the same size, so that sizes alone prove nothing.
    twin = ("twin.txt", prose(len(payload), 6))
    found["zip64-twin.zip"] = zips.build([entry(*twin), entry("p.bin", payload, zip64=True)])
    found["zip-lzma-twin.zip"] = zips.build([entry("p.bin", payload, 14), entry(*twin)])
    found["zip-two-twins.zip"] = zips.build([entry(*twin), entry("p.bin", payload, zip64=True), entry(*twin)])
    found["zip64.zip"] = zips.build([entry(*plain), entry("p.bin", payload, zip64=True)])
    found["zip64-end.zip"] = zips.build([entry(*plain), entry("p.bin", payload, zip64=True)], zip64_end=True)
    found["zip-descriptor.zip"] = zips.build([entry(*plain, descriptor=True), entry("p.bin", payload, descriptor=True)])
    found["zip-descriptor-zip64.zip"] = zips.build([entry("p.bin", payload, descriptor=True, zip64=True)])
    found["zip-self-extractor.exe"] = zips.archive(members, prefix=elf_stub())
    found["zip-comment.zip"] = zips.archive(members, comment=b"a comment " * 500)
    found["zip-utf8-names.zip"] = zips.build([entry(*plain), entry("größe-日本.bin", payload, flags=0x800)])
    found["zip-one-of-many.zip"] = zips.archive(
        [(f"{i}.txt", prose(200, i)) for i in range(300)] + [("p.bin", payload)] + [plain]
    )
    found["zip-python.zip"] = python_zip(members)
    found["jar.jar"] = zips.archive([("META-INF/MANIFEST.MF", b"Manifest-Version: 1.0\r\n\r\n"), *members])
    found["docx.docx"] = zips.archive([*office("word/document.xml"), ("word/embeddings/p.bin", payload)])
    found["xlsx.xlsx"] = zips.archive([*office("xl/workbook.xml"), ("xl/embeddings/p.bin", payload)])
    found["odt.odt"] = open_document([("Pictures/p.bin", payload)])
    found["epub.epub"] = epub([("OEBPS/p.bin", payload)])

    # 7-Zip.
    for method in ("LZMA", "LZMA2", "PPMd", "BZip2", "Deflate", "Deflate64", "Copy"):
        found[f"7z-{method.lower()}.7z"] = sevenzip(members, f"-m0={method}")
    found["7z-delta.7z"] = sevenzip(members, "-m0=Delta:4", "-m1=LZMA2")
    found["7z-bcj.7z"] = sevenzip(members, "-m0=BCJ", "-m1=LZMA")
    found["7z-bcj2.7z"] = sevenzip(
        members, "-m0=BCJ2", "-m1=LZMA", "-m2=LZMA", "-m3=LZMA", "-mb0:1", "-mb0s1:2", "-mb0s2:3"
    )
    found["7z-solid.7z"] = sevenzip([*members, *((f"{i}", prose(500, i)) for i in range(20))], "-ms=on")
    found["7z-not-solid.7z"] = sevenzip([*members, *((f"{i}", prose(500, i)) for i in range(20))], "-ms=off")
    found["7z-plain-header.7z"] = sevenzip(members, "-mhc=off")
    found["7z-libarchive-zip.7z"] = libarchive("7zip", members, options="7zip:compression=deflate")

    # tar, and data after its end.
    found["tar-ustar.tar"] = formats.tar(members)
    found["tar-gnu.tar"] = formats.tar([*members, ("l" * 300, plain[1])], tarfile.GNU_FORMAT)
    found["tar-pax.tar"] = formats.tar([("ü" * 200, payload)], tarfile.PAX_FORMAT)
    big = b"\x80" + len(payload).to_bytes(11, "big")
    first, end = formats.tar_entry(b"plain.txt", plain[1]), b"\0" * 1024
    found["tar-base-256.tar"] = first + formats.tar_entry(b"p.bin", payload, size=big) + end
    found["tar-base-256-twin.tar"] = (
        formats.tar_entry(*(twin[0].encode(), twin[1])) + formats.tar_entry(b"p.bin", payload, size=big) + end
    )
    found["tar-hard-link.tar"] = first + formats.tar_entry(b"p.bin", payload, kind=b"1", link=b"plain.txt") + end
    found["tar-behind-end.tar"] = first + end + formats.tar_entry(b"p.bin", payload) + end
    found["tar-concatenated.tar"] = formats.tar([plain]) + formats.tar([("p.bin", payload)])
    found["tar-v7.tar"] = formats.tar_entry(b"p.bin", payload, magic=b"\0" * 8) + end
    tar = found["tar-ustar.tar"]
    found["tar.gz"] = gzip.compress(tar, mtime=0)
    found["tar.bz2"] = bz2.compress(tar)
    found["tar.xz"] = lzma.compress(tar)
    found["tar.zst"] = filtered(tar, "zstd")
    found["tar.lz4"] = filtered(tar, "lz4")

    # Single streams. If there are several, all but the last are empty, so that the unpacked file is the payload.
    found["one.gz"] = gzip.compress(payload, mtime=0)
    found["members.gz"] = gzip.compress(b"", mtime=0) + gzip.compress(payload, mtime=0)
    found["name.gz"] = b"\x1f\x8b\x08\x18\0\0\0\0\0\3name.txt\0comment\0" + gzip.compress(payload, mtime=0)[10:]
    found["one.bz2"] = bz2.compress(payload)
    found["streams.bz2"] = bz2.compress(b"") + bz2.compress(payload)
    found["one.xz"] = lzma.compress(payload)
    found["streams.xz"] = lzma.compress(b"") + lzma.compress(payload)
    found["streams-padded.xz"] = lzma.compress(b"") + b"\0" * 8 + lzma.compress(payload)
    found["x86.xz"] = lzma.compress(payload, filters=[{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "preset": 6}])
    found["delta.xz"] = lzma.compress(
        payload, filters=[{"id": lzma.FILTER_DELTA, "dist": 3}, {"id": lzma.FILTER_LZMA2, "preset": 6}]
    )
    found["sha256.xz"] = lzma.compress(payload, check=lzma.CHECK_SHA256)
    alone = lzma.compress(payload, lzma.FORMAT_ALONE)
    found["known-size.lzma"] = alone[:5] + len(payload).to_bytes(8, "little") + alone[13:]
    found["one.lzma"] = lzma.compress(payload, lzma.FORMAT_ALONE)
    found["one.lz"] = filtered(payload, "lzip")
    found["one.zst"] = filtered(payload, "zstd")
    found["frames.zst"] = b"\x28\xb5\x2f\xfd\x20\0\1\0\0" + filtered(payload, "zstd")
    found["skippable-first.zst"] = b"\x50\x2a\x4d\x18\x04\0\0\0skip" + filtered(payload, "zstd")
    found["one.lz4"] = filtered(payload, "lz4")
    found["frames.lz4"] = b"\x04\x22\x4d\x18\x60\x40\x82\0\0\0\0" + filtered(payload, "lz4")
    found["one.Z"] = filtered(payload, "compress")
    found["one.zlib"] = zlib.compress(payload, 9)

    # Others.
    found["ar.a"] = formats.ar(members)
    found["deb.deb"] = formats.ar(
        [
            ("debian-binary", b"2.0\n"),
            ("control.tar.xz", lzma.compress(formats.tar([("./control", b"Package: zoo\n")]))),
            ("data.tar.xz", lzma.compress(formats.tar(members))),
        ]
    )
    for form in ("newc", "crc", "odc", "bin"):
        found[f"{form}.cpio"] = formats.cpio(members, form)
    found["rpm.rpm"] = formats.rpm(gzip.compress(formats.cpio(members, "newc"), mtime=0))
    found["iso.iso"] = libarchive("iso9660", members)
    found["iso-lying-joliet.iso"] = lying_joliet(found["iso.iso"])
    found["stored.cab"] = formats.cab(members)
    found["mszip.cab"] = formats.cab(members, packed=True)
    found["xar.xar"] = libarchive("xar", members)
    found["warc.warc"] = libarchive("warc", [("http://a/p.bin", payload)])
    found["lh0.lzh"] = formats.lha(members)
    found["stored.arj"] = formats.arj(members)
    found["rar4.rar"] = formats.rar4(members)
    found["rar5.rar"] = formats.rar5(members)
    found["rar5-self-extractor.exe"] = elf_stub() + formats.rar5(members)
    found["wim.wim"] = sevenzip(members, type="wim")
    found["pdf-flate.pdf"] = pdf_with(payload, b"/FlateDecode")
    found["pdf-ascii-flate.pdf"] = pdf_with(payload, b"[/ASCIIHexDecode /FlateDecode]")
    found["pdf-ascii85.pdf"] = pdf_with(payload, b"[/ASCII85Decode /FlateDecode]")
    found["pdf-lzw.pdf"] = pdf_with(payload, b"/LZWDecode")
    found["pdf-run-length.pdf"] = pdf_with(payload, b"/RunLengthDecode")
    found["pdf-abbreviated.pdf"] = pdf_with(payload, b"/Fl")
    found["pdf-predictor.pdf"] = pdf_with(
        b"".join(b"\0" + payload[i : i + 8] for i in range(0, len(payload), 8)),
        b"/FlateDecode",
        b"/DecodeParms << /Predictor 12 /Columns 8 >>",
    )
    found["pdf-attachment.pdf"] = pdf_with(payload, b"/FlateDecode", b"/Type /EmbeddedFile")

    found.update(pdfs.readings(payload))

    # Nested containers.
    inner = zips.archive([("payload.bin", payload)])
    found["zip-in-rar-in-zst.zst"] = filtered(formats.rar5([("i.zip", inner)]), "zstd")
    found["tar-zst-in-zip.zip"] = zips.archive([("i.tar.zst", found["tar.zst"])])
    found["gz-in-zip-in-7z.7z"] = sevenzip([("i.zip", zips.archive([("p.gz", found["one.gz"])]))])
    found["docx-in-zip.zip"] = zips.archive([("i.docx", found["docx.docx"])])
    found["rar-in-eml-in-zip.zip"] = zips.archive([("i.eml", mail("base64", formats.rar4([("p.bin", payload)])))])
    found["zst-in-iso-in-gz.gz"] = gzip.compress(libarchive("iso9660", [("p.zst", found["one.zst"])]), mtime=0)
    found["xz-second-in-zip.zip"] = zips.archive([("i.xz", found["streams.xz"])])
    found["zip64-in-tar.tar"] = formats.tar([("i.zip", found["zip64.zip"])])
    found["cpio-in-lz4-in-ar.a"] = formats.ar([("i.lz4", filtered(found["newc.cpio"], "lz4"))])
    found["deb-in-7z.7z"] = sevenzip([("i.deb", found["deb.deb"])])
    found["zip64-in-pdf.pdf"] = pdf_with(found["zip64.zip"], b"/FlateDecode", b"/Type /EmbeddedFile")
    found["zst-in-arj.arj"] = formats.arj([("p.zst", found["one.zst"])])
    found["7z-bzip2-in-cab.cab"] = formats.cab([("i.7z", found["7z-bzip2.7z"])], packed=True)
    found["rar5-in-docx.docx"] = zips.archive(
        [*office("word/document.xml"), ("word/embeddings/i.rar", found["rar5.rar"])]
    )
    found["zip64-in-compound.doc"] = compound({"\1Ole10Native": ole_native(found["zip64.zip"])})
    found["attachment.eml"] = mail("base64", payload)
    found["zip-attachment.eml"] = mail("base64", inner)
    found["forwarded.eml"] = mail("7bit", mail("base64", payload), "message/rfc822")
    found["no-last-boundary.eml"] = mail("base64", payload).replace(b"\r\n--cut--", b"")
    found["capitals.eml"] = mail("base64", payload).replace(b"Encoding: base64", b"ENCODING: BASE64 ")
    found["compound.doc"] = compound({"\1Ole10Native": ole_native(payload), "WordDocument": prose(5000)})
    return found


def elf_stub():
    return (
        b"\x7fELF\x02\x01\x01"
        + b"\0" * 9
        + b"\2\0\x3e\0\1\0\0\0"
        + b"\0" * 24
        + b"\0\0\0\0\x40\0\x38\0\0\0\x40\0\0\0\0\0"
        + b"\x90" * 600
    )


def python_zip(members):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def office(main):
    kind = "wordprocessingml.document" if main.startswith("word") else "spreadsheetml.sheet"
    types = (
        '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        f'<Override PartName="/{main}" ContentType="application/vnd.openxmlformats-officedocument.{kind}.main+xml"/>'
        "</Types>"
    )
    relations = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        '<Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
        f' Target="{main}"/></Relationships>'
    )
    return [
        ("[Content_Types].xml", types.encode()),
        ("_rels/.rels", relations.encode()),
        (main, b'<?xml version="1.0"?><document><body><p>' + prose(900, 3) + b"</p></body></document>"),
    ]


def open_document(more=(), manifest=b""):
    listing = (
        b'<?xml version="1.0"?><manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
        b'<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.text"/>'
        + manifest
        + b"</manifest:manifest>"
    )
    return zips.build(
        [
            zips.Entry("mimetype", b"application/vnd.oasis.opendocument.text", zips.STORED),
            zips.Entry("content.xml", b'<?xml version="1.0"?><office>' + prose(700, 2) + b"</office>"),
            zips.Entry("META-INF/manifest.xml", listing),
            *(zips.Entry(name, data) for name, data in more),
        ]
    )


def epub(more=()):
    return zips.build(
        [
            zips.Entry("mimetype", b"application/epub+zip", zips.STORED),
            zips.Entry("META-INF/container.xml", b'<?xml version="1.0"?><container/>'),
            zips.Entry("OEBPS/a.xhtml", b"<html><body>" + prose(700, 2) + b"</body></html>"),
            *(zips.Entry(name, data) for name, data in more),
        ]
    )


def pdf_with(payload, filter, entries=b""):
    data = zlib.compress(payload, 9)
    if filter == b"/LZWDecode":
        data = lzw(payload)
    if filter == b"/RunLengthDecode":
        data = b"".join(bytes([len(part) - 1]) + part for part in pieces(payload, 128)) + b"\x80"
    if b"ASCIIHex" in filter:
        data = binascii.hexlify(data) + b">"
    if b"ASCII85" in filter:
        data = base64.a85encode(data) + b"~>"
    content = formats.pdf_stream(zlib.compress(b"BT /F1 12 Tf (Hello) Tj ET"), b"/Filter /FlateDecode")
    return formats.pdf([*formats.PDF_PAGES, content, formats.pdf_stream(data, b"/Filter " + filter + b" " + entries)])


def pieces(data, size):
    return [data[i : i + size] for i in range(0, len(data), size)]


def lzw(data):
    """Literals of nine bits with the table cleared before it grows (PDF reference, 7.4.4)."""
    codes = []
    for part in pieces(data, 200):
        codes += [256, *part]
    bits = "".join(f"{code:09b}" for code in [*codes, 257])
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def mail(encoding, data, kind="application/octet-stream"):
    if encoding == "7bit":
        body = data.replace(b"\r\n", b"\n")
    elif encoding == "base64":
        body = base64.encodebytes(data)
    elif encoding == "quoted-printable":
        body = quopri.encodestring(data)
    else:
        lines = (data[i : i + 45] for i in range(0, len(data), 45))
        body = b"begin 644 p.bin\n" + b"".join(binascii.b2a_uu(line) for line in lines) + b"`\nend\n"
    return (
        b"Received: from a.example by b.example; Tue, 14 Nov 2023 22:13:20 +0000\r\n"
        b"From: a@example.com\r\nTo: b@example.com\r\nSubject: post\r\nDate: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
        b'Message-ID: <1@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="cut"\r\n\r\n'
        b"--cut\r\nContent-Type: text/plain\r\n\r\nHello.\r\n\r\n--cut\r\nContent-Type: "
        + kind.encode()
        + b'; name="p.bin"\r\nContent-Disposition: attachment; filename="p.bin"\r\nContent-Transfer-Encoding: '
        + encoding.encode()
        + b"\r\n\r\n"
        + body.replace(b"\n", b"\r\n")
        + b"\r\n--cut--\r\n"
    )


def eicar_elsewhere(zoo, eicar):
    """EICAR in files that are not containers: texts, and types that libclamav does not match."""

    def add(name, data):
        zoo.add(f"eicar-in/{name}", data)

    pages = b"<html><head><title>a</title></head><body>" + prose(500, 4)
    for form in ("octal", "hex", "continued", "utf-16"):
        add(f"script-{form}.pdf", pdfs.script(eicar, form))
    add("plain.com", eicar)
    add("leading-space.txt", b" \r\n\t" * 30 + eicar)
    add("behind-text.txt", prose(20_000, 9) + eicar)
    add("behind-noise.bin", noise(5_000_000, 3) + eicar)
    add("quoted-printable.eml", mail("quoted-printable", eicar))
    add("uuencode.eml", mail("x-uuencode", eicar))
    add(
        "mbox.mbox",
        b"From a@example.com Tue Nov 14 22:13:20 2023\n"
        + mail("base64", eicar).replace(b"\r\n", b"\n")
        + b"\nFrom b@example.com Tue Nov 14 22:13:20 2023\n"
        + mail("base64", b"two").replace(b"\r\n", b"\n"),
    )
    add(
        "rtf-object.rtf",
        b"{\\rtf1\\ansi{\\object\\objemb{\\*\\objclass Package}{\\*\\objdata "
        + binascii.hexlify(ole_package(eicar))
        + b"}}}",
    )
    add("page.html", pages + eicar + b"</body></html>")
    add("page-43m.html", pages + b"<p>text</p>\n" * 3_600_000 + eicar + b"</body></html>")
    add("page-comment.html", pages + b"<!-- " + eicar + b" --></body></html>")
    add(
        "data-uri.html",
        pages + b'<a href="data:application/octet-stream;base64,' + base64.b64encode(eicar) + b'">a</a></body></html>',
    )
    add("page-utf16.html", b"\xff\xfe" + (pages + eicar + b"</body></html>").decode("latin-1").encode("utf-16-le"))
    add("drawing.svg", b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><!--' + eicar + b"--></svg>")
    add("base64.txt", base64.encodebytes(eicar))
    add("hexadecimal.txt", binascii.hexlify(eicar))
    add("comment.png", formats.png(comment=eicar))
    add("behind-end.png", formats.png() + eicar)
    add("comment.jpeg", formats.jpeg(formats.jpeg_segment(0xFE, eicar)))
    add("comment.gif", formats.gif(eicar))
    zipped = zips.archive([("p.com", eicar)])
    for name, head in (
        ("id3", b"ID3\x03\0\0\0\0\0\0"),
        ("mp3", b"\xff\xfb\x90\0"),
        ("ogg", b"OggS\0\2"),
        ("rmf", b".RMF\0\0"),
        ("sqlite", b"SQLite format 3\0"),
        ("wal", b"\x37\x7f\x06\x82\0\x2d\xe2\x18"),
    ):
        add(f"ignored-{name}.bin", head + b"\0" * 100 + eicar)
        add(f"ignored-{name}-zip.bin", head + b"\0" * 100 + zipped)
    add("ignored-ogg-in-zip.zip", zips.archive([("a.ogg", b"OggS\0\2" + b"\0" * 100 + eicar)]))
    add("page-in-zip.zip", zips.archive([("a.html", pages + eicar + b"</body></html>")]))


def lying_joliet(image):
    """The second directory, which some readers prefer, declares the payload empty."""
    name = "payload.bin".encode("utf-16-be")
    place = image.index(name) - 33
    return image[: place + 10] + bytes(8) + image[place + 18 :]


def ole_native(data):
    """A file in the format of the Windows Packager."""
    native = (
        b"\2\0p.bin\0c:\\p.bin\0\0\0\3\0" + struct.pack("<I", 9) + b"c:\\p.bin\0" + struct.pack("<I", len(data)) + data
    )
    return struct.pack("<I", len(native)) + native


def ole_package(data):
    """An OLE 1 object of the class Package, as RTF embeds a file."""
    return struct.pack("<III", 0x501, 2, 8) + b"Package\0" + struct.pack("<II", 0, 0) + ole_native(data)
