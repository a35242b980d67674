"""Pictures, sounds, films and fonts, as libraries write them."""

import io
import struct
import wave

from making import box


def gradient(mode: str = "RGB", size=(48, 32)):
    from PIL import Image

    image = Image.new("RGB", size)
    image.putdata([((x * 5) & 255, (y * 7) & 255, (x * y) & 255) for y in range(size[1]) for x in range(size[0])])
    return image.convert(mode)


def encoded(image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def png() -> bytes:
    return encoded(gradient(), "PNG")


def pictures():
    from PIL import Image, PngImagePlugin

    for mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"):
        image = gradient("I").convert("I;16") if mode == "I;16" else gradient(mode)
        yield f"png-{mode.replace(';', '-').lower()}.png", encoded(image, "PNG"), ["image/png", "image/x-png"]
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "<?xml version='1.0'?><b>text</b>" * 40, zip=True)
    notes.add_itxt("Title", "Zoë", "de", "Titel")
    yield "png-texts.png", encoded(gradient(), "PNG", pnginfo=notes, dpi=(300, 300)), ["image/png"]
    yield "png-animated.png", encoded(gradient(), "PNG", save_all=True, append_images=[gradient("RGB"), gradient("RGB")]), ["image/png", "image/apng"]
    for mode in ("L", "RGB", "CMYK"):
        for quality in (20, 75, 95):
            yield f"jpeg-{mode.lower()}-{quality}.jpg", encoded(gradient(mode), "JPEG", quality=quality), ["image/jpeg", "image/jpg", "image/pjpeg"]
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Maker", 6
    for name, options in (
        ("progressive", {"progressive": True}), ("optimised", {"optimize": True}), ("comment", {"comment": b"made by <hand>"}),
        ("exif", {"exif": exif}), ("icc", {"icc_profile": b"\0\0\2\x0clcms" + bytes(520)}), ("restart", {"restart_marker_rows": 1}),
        ("subsampled", {"subsampling": 2}), ("dpi", {"dpi": (300, 300)}), ("xmp", {"xmp": b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"}),
    ):  # fmt: skip
        yield f"jpeg-{name}.jpg", encoded(gradient(), "JPEG", **options), ["image/jpeg"]
    yield "jpeg-several.mpo", encoded(gradient(), "MPO", save_all=True, append_images=[gradient()]), ["image/jpeg", "image/mpo"]
    for name, image, options in (
        ("plain", gradient("P"), {}), ("transparent", gradient("P"), {"transparency": 0}), ("interlaced", gradient("P"), {"interlace": 1}),
        ("animated", gradient("P"), {"save_all": True, "append_images": [gradient("P")] * 3, "duration": 80, "loop": 0}),
        ("comment", gradient("P"), {"comment": b"GIF made here"}),
    ):  # fmt: skip
        yield f"gif-{name}.gif", encoded(image, "GIF", **options), ["image/gif"]
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        yield f"tiff-{compression or 'raw'}.tif", encoded(gradient(), "TIFF", compression=compression), ["image/tiff"]
    yield "tiff-pages.tif", encoded(gradient(), "TIFF", save_all=True, append_images=[gradient("L"), gradient("1")]), ["image/tiff"]
    yield "tiff-big.tif", encoded(gradient(), "TIFF", big_tiff=True), ["image/tiff"]
    yield "tiff-fax.tif", encoded(gradient("1"), "TIFF", compression="group4"), ["image/tiff"]
    for name, options in (("lossy", {}), ("lossless", {"lossless": True}), ("animated", {"save_all": True, "append_images": [gradient()]}),
                          ("exif", {"exif": exif})):  # fmt: skip
        yield f"webp-{name}.webp", encoded(gradient(), "WEBP", **options), ["image/webp"]
    for mode in ("1", "L", "P", "RGB"):
        yield f"bmp-{mode.lower()}.bmp", encoded(gradient(mode), "BMP"), ["image/bmp", "image/x-ms-bmp"]
    yield "icon.ico", encoded(gradient("RGBA", (64, 64)), "ICO", sizes=[(16, 16), (32, 32)]), ["image/x-icon", "image/vnd.microsoft.icon"]
    large = encoded(gradient("RGBA", (256, 256)), "ICO", sizes=[(256, 256)])
    # Other writers say that it has one plane, and that the picture has more than 64 KiB.
    yield "icon-large.ico", large[:10] + b"\1" + large[11:14] + (70_000).to_bytes(4, "little") + large[18:].ljust(70_004, b"\0"), ["image/x-icon", "image/vnd.microsoft.icon"]
    yield "icon.icns", encoded(gradient("RGBA", (128, 128)), "ICNS"), ["image/icns", "image/x-icns"]
    yield "targa.tga", encoded(gradient(), "TGA"), ["image/x-tga", "image/x-targa"]
    yield "portable.ppm", encoded(gradient(), "PPM"), ["image/x-portable-pixmap"]
    yield "portable.pgm", encoded(gradient("L"), "PPM"), ["image/x-portable-graymap"]
    yield "bits.xbm", encoded(gradient("1"), "XBM"), ["image/x-xbitmap"]
    yield "paint.pcx", encoded(gradient(), "PCX"), ["image/x-pcx", "image/vnd.zbrush.pcx"]
    yield "silicon.sgi", encoded(gradient(), "SGI"), ["image/sgi"]
    yield "surface.dds", encoded(gradient(), "DDS"), ["image/vnd-ms.dds"]
    for ending in ("jp2", "j2k"):
        try:
            yield f"wavelets.{ending}", encoded(gradient(), "JPEG2000", no_jp2=ending == "j2k"), ["image/jp2"] if ending == "jp2" else ["image/x-jp2-codestream"]
        except (OSError, KeyError):
            pass
    for name, options in (("still", {}), ("lossless", {"quality": 100})):
        try:
            yield f"avif-{name}.avif", encoded(gradient(), "AVIF", **options), ["image/avif"]
        except (OSError, KeyError):
            pass
    yield "printed.eps", encoded(gradient(), "EPS"), ["application/postscript"]


SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><circle cx="5" cy="5" r="4"/></svg>\n'


def vectors():
    for name, text in (
        ("plain", SVG), ("declared", '<?xml version="1.0" encoding="UTF-8"?>\n' + SVG), ("comment", "<!-- drawn by hand -->\n" + SVG),
        ("doctype", '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n' + SVG),
        ("blank-lines", "\n\n  " + SVG), ("mark", "\ufeff" + SVG), ("long-comment", "<!-- " + "x" * 1500 + " -->\n" + SVG),
        ("styled", SVG.replace("<circle", "<style>circle{fill:red}</style><circle")),
    ):  # fmt: skip
        yield f"vector-{name}.svg", text.encode(), ["image/svg+xml"]
    import gzip

    yield "vector-packed.svgz", gzip.compress(SVG.encode()), ["image/svg+xml"]


def films():
    for brand, types in (
        (b"isom", ["video/mp4"]), (b"mp42", ["video/mp4"]), (b"avc1", ["video/mp4"]), (b"M4V ", ["video/mp4", "video/x-m4v"]),
        (b"qt  ", ["video/quicktime"]), (b"3gp4", ["video/3gpp"]), (b"M4A ", ["audio/mp4", "audio/x-m4a"]), (b"dash", ["video/mp4"]),
        (b"iso5", ["video/mp4"]), (b"XAVC", ["video/mp4"]), (b"heic", ["image/heic"]), (b"mif1", ["image/heif"]),
    ):  # fmt: skip
        film = box(b"ftyp", brand + b"\0\0\2\0" + b"mp42isom") + box(b"free", b"") + box(b"mdat", bytes(range(256)) * 8)
        yield f"film-{brand.strip().decode().lower()}.mp4", film + box(b"moov", box(b"mvhd", b"\0" * 100)), types
    webm = bytes.fromhex("1a45dfa3 9f 4286 81 01 42f7 81 01 42f2 81 04 42f3 81 08 4282 84 7765626d 4287 81 04 4285 81 02")
    yield "film.webm", webm + bytes.fromhex("18538067") + b"\x01" + b"\xff" * 7 + bytes(200), ["video/webm", "audio/webm"]
    yield "film.mkv", webm.replace(b"\x84webm", b"\x88matroska").replace(b"\x9f", b"\xa3", 1) + bytes(300), ["video/x-matroska"]
    yield "film.avi", b"RIFF" + struct.pack("<I", 400) + b"AVI LIST" + bytes(400), ["video/x-msvideo", "video/avi"]
    packet = b"\x47\x40\0\x10" + bytes(184)
    yield "film.ts", packet * 20, ["video/mp2t"]
    yield "film.flv", b"FLV\1\5\0\0\0\x09\0\0\0\0" + bytes(100), ["video/x-flv"]
    yield "film.mpg", b"\0\0\1\xba\x44\0\4\0\4\1\0\0\3\xf8" + b"\0\0\1\xbb\0\x0c" + bytes(200), ["video/mpeg"]


def sounds():
    for rate, width, channels in ((8000, 1, 1), (44100, 2, 2), (48000, 2, 1), (96000, 3, 2)):
        out = io.BytesIO()
        with wave.open(out, "wb") as sound:
            sound.setnchannels(channels)
            sound.setsampwidth(width)
            sound.setframerate(rate)
            sound.writeframes(bytes((i * 31) & 255 for i in range(width * channels * 500)))
        yield f"sound-{rate}-{width}-{channels}.wav", out.getvalue(), ["audio/wav", "audio/x-wav", "audio/wave"]
    frame = b"\xff\xfb\x90\x00" + bytes(413)
    song = frame * 12
    yield "song-bare.mp3", song, ["audio/mpeg", "audio/mp3"]
    for major in (3, 4):
        for padding in (0, 200, 9000):
            title = b"TIT2" + struct.pack(">I", 6) + b"\0\0" + b"\0Title"
            size = len(title) + padding
            size = bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127])
            yield f"song-tag{major}-{padding}.mp3", b"ID3" + bytes([major, 0, 0]) + size + title + bytes(padding) + song, ["audio/mpeg", "audio/mp3"]
    yield "song-old-tag.mp3", song + b"TAG" + b"Title".ljust(125, b"\0"), ["audio/mpeg"]

    def page(serial, number, flags, body):
        head = b"OggS\0" + bytes([flags]) + struct.pack("<QIII", 0, serial, number, 0) + bytes([1, len(body)])
        return head + body

    yield "sound-vorbis.ogg", page(1, 0, 2, b"\1vorbis" + bytes(23)) + page(1, 1, 4, bytes(40)), ["audio/ogg", "application/ogg"]
    yield "sound.opus", page(1, 0, 2, b"OpusHead\1\2" + bytes(9)) + page(1, 1, 4, b"OpusTags" + bytes(30)), ["audio/ogg", "audio/opus"]
    yield "sound.flac", b"fLaC\x80\0\0\x22" + struct.pack(">HH", 4096, 4096) + bytes(6) + bytes.fromhex("0ac442f000000000") + bytes(16) + bytes(200), ["audio/flac", "audio/x-flac"]
    yield "sound.aiff", b"FORM" + struct.pack(">I", 100) + b"AIFFCOMM" + struct.pack(">I", 18) + bytes(18) + b"SSND" + struct.pack(">I", 60) + bytes(60), ["audio/aiff", "audio/x-aiff"]
    yield "sound.au", b".snd" + struct.pack(">IIIII", 24, 200, 1, 8000, 1) + bytes(200), ["audio/basic"]
    yield "sound.aac", (b"\xff\xf1\x50\x80\x03\xff\xfc" + bytes(24)) * 20, ["audio/aac"]
    yield "notes.mid", b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", 4) + b"\0\xff\x2f\0", ["audio/midi", "audio/x-midi"]
    yield "voice.amr", b"#!AMR\n" + (b"\x3c" + bytes(31)) * 10, ["audio/amr"]


def fonts():
    from fontTools.fontBuilder import FontBuilder
    from fontTools.pens.t2CharStringPen import T2CharStringPen
    from fontTools.pens.ttGlyphPen import TTGlyphPen

    def square(pen):
        pen.moveTo((0, 0))
        pen.lineTo((0, 500))
        pen.lineTo((500, 500))
        pen.closePath()
        return pen

    def built(is_cff: bool, flavour: str | None) -> bytes:
        builder = FontBuilder(1000, isTTF=not is_cff)
        builder.setupGlyphOrder([".notdef", "A", "B"])
        builder.setupCharacterMap({65: "A", 66: "B"})
        if is_cff:
            glyphs = {name: square(T2CharStringPen(600, None)).getCharString() for name in (".notdef", "A", "B")}
            builder.setupCFF("Corpus-Regular", {"FullName": "Corpus"}, glyphs, {})
        else:
            builder.setupGlyf({name: square(TTGlyphPen(None)).glyph() for name in (".notdef", "A", "B")})
        builder.setupHorizontalMetrics({name: (600, 0) for name in (".notdef", "A", "B")})
        builder.setupHorizontalHeader(ascent=800, descent=-200)
        builder.setupNameTable({"familyName": "Corpus", "styleName": "Regular"})
        builder.setupOS2(sTypoAscender=800)
        builder.setupPost()
        builder.font.flavor = flavour
        out = io.BytesIO()
        builder.font.save(out)
        return out.getvalue()

    yield "font.ttf", built(False, None), ["font/ttf", "application/x-font-ttf", "font/sfnt"]
    yield "font.otf", built(True, None), ["font/otf", "application/vnd.ms-opentype"]
    yield "font-ttf.woff", built(False, "woff"), ["font/woff", "application/font-woff"]
    yield "font-otf.woff", built(True, "woff"), ["font/woff"]


def pixels_like_something():
    """Pictures whose pixels or compressed bytes hold chance marks of other forms."""
    from PIL import Image

    for name, mark in (("php", b"<?=;<=>>==>?>"), ("zip", b"PK\3\4"), ("gzip", b"\x1f\x8b\x08\0"), ("bzip2", b"BZh9"), ("mz", b"MZ\x90\0"),
                       ("pdf", b"%PDF"), ("rar", b"Rar!"), ("lzma", b"\x5d\0\0\x80\0" + b"\xff" * 8), ("uu", b"\nbegin 644 x\n")):  # fmt: skip
        image = Image.frombytes("RGB", (40, 40), (mark + bytes(range(64, 120))).ljust(97, b"7") * 49 + b"7" * 47)
        yield f"pixels-{name}.bmp", encoded(image, "BMP"), ["image/bmp"]
        yield f"pixels-{name}.ppm", encoded(image, "PPM"), ["image/x-portable-pixmap"]


def every():
    for family in (pictures, vectors, films, sounds, fonts, pixels_like_something):
        yield from family()
