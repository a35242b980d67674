"""PDFs whose streams some readers see and others do not: what one of them extracts must be found."""

import base64
import binascii
import struct
import zlib

import formats
import zips

ATTACHED = b"/Type /EmbeddedFile"
CONTENT = formats.pdf_stream(b"BT /F1 12 Tf (Hello) Tj ET")
FILE = b"<< /Type /Filespec /F (p.bin) /EF << /F 5 0 R >> >>"


def document(stream, *more, **options):
    """Object 5 is the stream, object 6 names it as an attached file, and further objects follow."""
    pages = [*formats.PDF_PAGES]
    pages[0] = b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(p.bin) 6 0 R] >> >> >>"
    return formats.pdf([*pages, CONTENT, stream, FILE, *more], **options)


def readings(payload):
    packed = zlib.compress(payload, 9)
    flate = b"/Filter /FlateDecode " + ATTACHED
    plain = formats.pdf_stream(packed, flate)
    whole = document(plain)
    rows = b"".join(b"\0" + payload[i : i + 8] for i in range(0, len(payload), 8))
    found = {
        "words-in-comment": document(plain.replace(b">>\nstream", b">> % endstream endobj %%EOF\nstream")),
        "words-in-string": document(formats.pdf_stream(packed, flate + b" /T (endstream endobj 9 0 obj)")),
        "words-behind": document(formats.pdf_stream(packed + b"\nendobj\n5 0 obj", flate)),
        "short-length": document(plain.replace(b"/Length %d" % len(packed), b"/Length 3")),
        "long-length": document(plain.replace(b"/Length %d" % len(packed), b"/Length 99999")),
        "no-length": document(plain.replace(b"/Length", b"/Breadth")),
        "length-object": document(plain.replace(b"/Length %d" % len(packed), b"/Length 7 0 R"), b"%d" % len(packed)),
        "filter-object": document(formats.pdf_stream(packed, b"/Filter [7 0 R] " + ATTACHED), b"/FlateDecode"),
        "escaped-name": document(formats.pdf_stream(packed, b"/Filt#65r /Fl#61teDecode " + ATTACHED)),
        "short-key": document(formats.pdf_stream(packed, b"/F /Fl " + ATTACHED)),
        "parameters-object": document(
            formats.pdf_stream(zlib.compress(rows), flate + b" /DecodeParms 7 0 R"), b"<< /Predictor 12 /Columns 8 >>"
        ),
        "hex-blanks": document(
            formats.pdf_stream(b" \n".join(b"%02x" % byte for byte in payload) + b" >", b"/Filter /AHx " + ATTACHED)
        ),
        "base85-open": document(formats.pdf_stream(base64.a85encode(payload), b"/Filter /A85 " + ATTACHED)),
        "declared-image": document(formats.pdf_stream(packed, b"/Subtype /Image /Width 9 /Height 9 " + flate)),
        "carriage-returns": carriage_returns(packed),
        "comment-in-number": whole.replace(b"5 0 obj", b"5 %five\n0 %zero\nobj"),
        "no-header": b"\n" + whole[whole.index(b"1 0 obj") :],
        "postscript-header": whole.replace(b"%PDF-1.5", b"%!PS-Adobe-3.0 PDF-1.4"),
        "late-header": b"words " * 600 + whole,
        "no-table": whole[: whole.index(b"xref")] + b"trailer\n<< /Root 1 0 R >>\nstartxref\n0\n%%EOF\n",
        "deleted": whole
        + b"5 0 obj\n<< >>\nendobj\nxref\n5 1\n%010d 00000 n \ntrailer\n<< /Size 7 /Root 1 0 R /Prev %d >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (len(whole), whole.index(b"xref\n"), len(whole) + 23),
        "object-in-stream": object_in_stream(plain),
        "filter-in-object-stream": filter_in_object_stream(packed),
        "document-in-stream": document(formats.pdf_stream(zlib.compress(whole), flate)),
    }
    found = {f"pdf-{name}.pdf": bytes(data) for name, data in found.items()}
    for name in ("no-header", "object-in-stream", "short-length"):
        inner = zips.archive([("i.pdf", found[f"pdf-{name}.pdf"])])
        found[f"pdf-{name}-in-zip.zip"] = inner
        found[f"pdf-{name}-in-two-zips.zip"] = zips.archive([("i.zip", inner)])
    return found


def carriage_returns(packed):
    """As old Macintosh programs write it: no line feed outside of the data."""
    stream = b"<</Length %d/Filter/FlateDecode %s>>\rstream\r" % (len(packed), ATTACHED) + packed + b"\rendstream"
    pages = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[]/Count 0>>", b"<<>>", b"<<>>", stream, FILE]
    body = b"".join(b"%d 0 obj\r" % number + data + b"\rendobj\r" for number, data in enumerate(pages, 1))
    return b"%PDF-1.4\r" + body + b"trailer\r<</Root 1 0 R>>\rstartxref\r0\r%%EOF\r"


def object_in_stream(plain):
    """The cross-reference table leads to an object in the data of another one's stream."""
    inner = b"5 0 obj\n" + plain + b"\nendobj\n"
    whole = document(b"null", formats.pdf_stream(b"words\n" + inner + b"words"))
    place = whole.index(inner)
    entry = whole.index(b"%010d 00000 n" % whole.index(b"5 0 obj\nnull"))
    return whole[:entry] + b"%010d" % place + whole[entry + 10 :]


def filter_in_object_stream(packed):
    objects = b"7 0 /FlateDecode "
    stream = formats.pdf_stream(zlib.compress(objects), b"/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode")
    pages = [*formats.PDF_PAGES, CONTENT, formats.pdf_stream(packed, b"/Filter 7 0 R " + ATTACHED), FILE]
    out, entries = b"%PDF-1.5\n", [(0, 0, 65535)]
    for number, data in [*enumerate(pages, 1), (8, stream)]:
        if number == 8:
            entries.append((2, 8, 0))
        entries.append((1, len(out), 0))
        out += b"%d 0 obj\n" % number + data + b"\nendobj\n"
    entries.append((1, len(out), 0))
    table = b"".join(struct.pack(">BIH", *entry) for entry in entries)
    start = len(out)
    out += b"9 0 obj\n" + formats.pdf_stream(table, b"/Type /XRef /W [1 4 2] /Size 10 /Root 1 0 R") + b"\nendobj\n"
    return out + b"startxref\n%d\n%%%%EOF\n" % start


def script(payload, form):
    """A script in a string, as one of the forms of a string."""
    text = {
        "octal": b"(" + b"".join(b"\\%03o" % byte for byte in payload) + b")",
        "hex": b"<" + binascii.hexlify(payload, b" ") + b">",
        "continued": b"(" + b"\\\n".join(b"\\%03o" % byte for byte in payload) + b")",
        "utf-16": b"<feff" + binascii.hexlify(payload.decode("latin-1").encode("utf-16-be")) + b">",
    }[form]
    pages = [*formats.PDF_PAGES]
    pages[0] = b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS " + text + b" >> >>"
    return formats.pdf([*pages, CONTENT])


def innocent(prose, words):
    """Documents that hide nothing."""
    source = b'"1 0 obj << /Type /Catalog >> endobj trailer << /Root 1 0 R >>", and so a PDF begins.\n'
    return {
        "about-pdf.txt": prose + source + prose,
        "thumbnail.pdf": formats.pdf(
            [*formats.PDF_PAGES, CONTENT, formats.pdf_stream(words, b"/Width 9 /Height 9 /Filter /JPXDecode")]
        ),
        "zip-attached.pdf": document(formats.pdf_stream(zips.archive([("a.txt", words)]), ATTACHED)),
        "wrong-length.pdf": document(formats.pdf_stream(words).replace(b"/Length ", b"/Length 9")),
        "no-header.pdf": document(formats.pdf_stream(words)).replace(b"%PDF-1.5", b"%"),
        "scripts.pdf": script(b"app.alert('words');", "octal"),
        "in-stream.pdf": object_in_stream(formats.pdf_stream(words)),
    }
