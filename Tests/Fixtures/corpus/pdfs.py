"""PDFs as printers, scanners and libraries write them."""

import io

from documents import TEXT


def drawn(**options) -> bytes:
    from reportlab.pdfgen import canvas

    pages = options.pop("pages", 1)
    image = options.pop("image", None)
    form = options.pop("form", False)
    out = io.BytesIO()
    page = canvas.Canvas(out, **options)
    for number in range(pages):
        page.drawString(72, 720, f"Page {number}: {TEXT[:60]}")
        page.linkURL("https://example.org/", (72, 700, 200, 715))
        if image:
            from reportlab.lib.utils import ImageReader

            page.drawImage(ImageReader(io.BytesIO(image)), 72, 500)
        if form:
            page.acroForm.textfield(name="name", x=72, y=600, width=200, height=20)
            page.acroForm.checkbox(name="yes", x=72, y=560)
        page.bookmarkPage(f"p{number}")
        page.addOutlineEntry(f"Page {number}", f"p{number}")
        page.showPage()
    page.save()
    return out.getvalue()


def rewritten(body: bytes, change=lambda document: None, **options) -> bytes:
    import pikepdf

    with pikepdf.open(io.BytesIO(body)) as document:
        change(document)
        out = io.BytesIO()
        document.save(out, **options)
        return out.getvalue()


def plain(picture: bytes):
    for pages in (1, 3, 40):
        yield f"report-{pages}.pdf", drawn(pages=pages)
    yield "report-uncompressed.pdf", drawn(pages=2, pageCompression=0)
    yield "report-ascii.pdf", drawn(pages=2, pageCompression=1)
    yield "report-picture.pdf", drawn(image=picture)
    yield "report-form.pdf", drawn(form=True)
    for version in ((1, 3), (1, 4), (1, 5), (1, 7)):
        yield f"report-version-{version[0]}-{version[1]}.pdf", drawn(pdfVersion=version)
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table
    from reportlab.lib.styles import getSampleStyleSheet

    out = io.BytesIO()
    style = getSampleStyleSheet()
    SimpleDocTemplate(out).build([Paragraph(TEXT * 3, style["Normal"]) for _ in range(30)] + [Table([["a", "b"], [1, 2]])])
    yield "report-paragraphs.pdf", out.getvalue()


def repacked(base: bytes):
    import pikepdf

    modes = pikepdf.ObjectStreamMode
    for name, options in (
        ("streams", {"object_stream_mode": modes.generate}), ("no-streams", {"object_stream_mode": modes.disable}),
        ("linear", {"linearize": True}), ("qdf", {"qdf": True}), ("normal", {"normalize_content": True}),
        ("recompressed", {"recompress_flate": True}), ("old", {"force_version": "1.3"}), ("new", {"min_version": "2.0"}),
        ("same-id", {"deterministic_id": True}),
    ):  # fmt: skip
        yield f"repacked-{name}.pdf", rewritten(base, **options)
    for name, cipher in (("rc4-40", {"R": 2, "aes": False, "metadata": False}), ("rc4-128", {"R": 3, "aes": False, "metadata": False}),
                         ("aes-128", {"R": 4}), ("aes-256", {"R": 6}), ("aes-256-plain-metadata", {"R": 6, "metadata": False})):  # fmt: skip
        allow = pikepdf.Permissions(extract=False, modify_other=False)

        def described(document):
            with document.open_metadata() as metadata:
                metadata["dc:title"] = "Statement"

        encryption = pikepdf.Encryption(owner="secret", user="", allow=allow, **cipher)
        yield f"permissions-{name}.pdf", rewritten(base, described, encryption=encryption)


def changed(base: bytes, picture: bytes):
    import pikepdf
    from pikepdf import AttachedFileSpec, Dictionary, Name, Stream

    def attach(name, body):
        def change(document):
            document.attachments[name] = AttachedFileSpec(document, body, filename=name)

        return change

    def titled(document):
        with document.open_metadata() as metadata:
            metadata["dc:title"] = "Zoë <b>&amp;</b>"
        document.docinfo["/Title"] = "Zoë"

    def thumbnail(document):
        image = Stream(document, bytes(12), Width=2, Height=2, BitsPerComponent=8, ColorSpace=Name.DeviceRGB)
        document.pages[0].Thumb = document.make_indirect(image)

    def optional(document):
        document.Root.OCProperties = Dictionary(OCGs=[], D=Dictionary(Order=[]))

    def labelled(document):
        document.Root.PageLabels = Dictionary(Nums=[0, Dictionary(S=Name.r)])

    def tagged(document):
        document.Root.MarkInfo = Dictionary(Marked=True)
        document.Root.StructTreeRoot = document.make_indirect(Dictionary(Type=Name.StructTreeRoot))

    def rotated(document):
        for page in document.pages:
            page.Rotate = 90

    for name, change in (
        ("attached-text", attach("notes.txt", TEXT.encode())), ("attached-picture", attach("picture.png", picture)),
        ("attached-xml", attach("factur-x.xml", b"<?xml version='1.0'?><Invoice/>")), ("titled", titled), ("thumbnail", thumbnail),
        ("optional", optional), ("labelled", labelled), ("tagged", tagged), ("rotated", rotated),
    ):  # fmt: skip
        yield f"changed-{name}.pdf", rewritten(base, change)


def scanned(picture: bytes, photos: list[bytes]):
    import img2pdf

    for number, images in enumerate(([picture], photos[:1], photos[:3], [picture, *photos[:2]])):
        yield f"scan-{number}.pdf", img2pdf.convert(images)
        yield f"scan-{number}-a.pdf", img2pdf.convert(images, title="Scan", creationdate=None, pdfa=None, layout_fun=img2pdf.get_fixed_dpi_layout_fun((300, 300)))


def around(base: bytes):
    """Bytes before the head and behind the end, as printers, mail programs and the web leave them."""
    end = base.rindex(b"%%EOF") + 5
    for name, body in (
        ("line-feeds-behind", base + b"\r\n\r\n"), ("zeros-behind", base[:end] + bytes(300)), ("no-line-end", base[:end]),
        ("blanks-behind", base[:end] + b" " * 50), ("mark-before", b"\xef\xbb\xbf" + base), ("blank-before", b"\n" + base),
    ):  # fmt: skip
        yield f"around-{name}.pdf", body


def every(picture: bytes, photos: list[bytes]):
    base = drawn(pages=3, image=picture)
    types = ["application/pdf", "application/x-pdf"]
    for family in (plain(picture), repacked(base), changed(base, picture), scanned(picture, photos), around(base)):
        for name, body in family:
            yield f"pdf-{name}", body, types
