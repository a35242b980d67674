"""Documents as office programs and libraries write them: each has the same text, in many shapes."""

import io
import struct
import zipfile

OO = "application/vnd.openxmlformats-officedocument."
ODF = "application/vnd.oasis.opendocument."
TEXT = "The tenant rents the flat on the second floor. Rent is due on the third working day of each month. "


def saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def word(picture: bytes):
    import docx
    from docx.shared import Inches

    def plain(document):
        document.add_paragraph(TEXT * 3)

    def headings(document):
        for level in range(4):
            document.add_heading(f"Part {level}", level)
            document.add_paragraph(TEXT)

    def table(document):
        grid = document.add_table(rows=6, cols=4)
        for row in grid.rows:
            for cell in row.cells:
                cell.text = "7 % of 1,200"

    def pictured(document):
        document.add_picture(io.BytesIO(picture), width=Inches(1))

    def lists(document):
        for style in ("List Bullet", "List Number"):
            for number in range(5):
                document.add_paragraph(f"Step {number}", style=style)

    def header(document):
        document.sections[0].header.paragraphs[0].text = "Confidential"
        document.sections[0].footer.paragraphs[0].text = "Page 1"

    def about_code(document):
        document.add_paragraph("Write <?php echo 1 ?> or <script>alert(1)</script> or #!/bin/sh at the start of a line.")

    def properties(document):
        document.core_properties.author = "Zoë Ångström"
        document.core_properties.comments = TEXT

    for change in (plain, headings, table, pictured, lists, header, about_code, properties):
        document = docx.Document()
        change(document)
        yield f"word-{change.__name__}.docx", saved(document), [OO + "wordprocessingml.document"]


def sheets():
    import openpyxl
    from openpyxl.chart import BarChart, Reference

    def numbers(book):
        for row in range(1, 40):
            book.active.append([row, row * row, f"row {row}"])

    def formulas(book):
        numbers(book)
        book.active["D1"] = "=SUM(A1:A39)"

    def chart(book):
        numbers(book)
        bars = BarChart()
        bars.add_data(Reference(book.active, min_col=2, min_row=1, max_row=20))
        book.active.add_chart(bars, "E2")

    def many(book):
        for number in range(12):
            book.create_sheet(f"Sheet {number}").append(["x"] * 5)

    def wide(book):
        book.active.append([f"column {number}" for number in range(300)])

    def links(book):
        book.active["A1"] = "site"
        book.active["A1"].hyperlink = "https://example.org/"

    def dates(book):
        import datetime

        book.active.append([datetime.datetime(2026, 1, 2, 3, 4), datetime.date(2026, 5, 6)])

    def comment(book):
        from openpyxl.comments import Comment

        book.active["A1"].comment = Comment("see <b>below</b>", "me")

    for change in (numbers, formulas, chart, many, wide, links, dates, comment):
        book = openpyxl.Workbook()
        change(book)
        yield f"sheet-{change.__name__}.xlsx", saved(book), [OO + "spreadsheetml.sheet"]
    book = openpyxl.Workbook()
    numbers(book)
    book.template = True
    yield "sheet-template.xltx", saved(book), [OO + "spreadsheetml.template"]

    import xlsxwriter

    for name, options in (("memory", {"constant_memory": True}), ("strings", {"strings_to_numbers": True}), ("zip64", {"use_zip64": True})):
        out = io.BytesIO()
        book = xlsxwriter.Workbook(out, {"in_memory": True, **options})
        page = book.add_worksheet()
        for row in range(50):
            page.write_row(row, 0, [row, str(row), TEXT])
        book.close()
        yield f"sheet-xlsxwriter-{name}.xlsx", out.getvalue(), [OO + "spreadsheetml.sheet"]

    import xlwt

    for name, rows in (("few", 3), ("some", 80), ("many", 900)):
        book = xlwt.Workbook()
        page = book.add_sheet("Sheet")
        for row in range(rows):
            page.write(row, 0, row)
            page.write(row, 1, f"text {row}")
        yield f"sheet-biff-{name}.xls", saved(book), ["application/vnd.ms-excel"]


def slides(picture: bytes):
    import pptx

    for name, layout in (("title", 0), ("bullets", 1), ("section", 2), ("two", 3), ("blank", 6)):
        deck = pptx.Presentation()
        slide = deck.slides.add_slide(deck.slide_layouts[layout])
        for shape in slide.placeholders:
            shape.text = TEXT
        if name == "blank":
            slide.shapes.add_picture(io.BytesIO(picture), 0, 0)
        yield f"slides-{name}.pptx", saved(deck), [OO + "presentationml.presentation"]


def open_documents():
    from odf import opendocument, table, text

    def written(name, document, fill):
        fill(document)
        out = io.BytesIO()
        document.write(out)
        return name, out.getvalue()

    def words(document):
        for number in range(5):
            document.text.addElement(text.P(text=f"{number}. {TEXT}"))

    def cells(document):
        sheet = table.Table(name="Sheet")
        for number in range(20):
            row = table.TableRow()
            for column in range(4):
                cell = table.TableCell(valuetype="float", value=str(number * column))
                cell.addElement(text.P(text=str(number * column)))
                row.addElement(cell)
            sheet.addElement(row)
        document.spreadsheet.addElement(sheet)

    yield *written("open-text.odt", opendocument.OpenDocumentText(), words), [ODF + "text"]
    yield *written("open-text.ott", opendocument.OpenDocumentTextMaster(), words), [ODF + "text-master"]
    yield *written("open-sheet.ods", opendocument.OpenDocumentSpreadsheet(), cells), [ODF + "spreadsheet"]
    yield *written("open-slides.odp", opendocument.OpenDocumentPresentation(), lambda document: None), [ODF + "presentation"]
    yield *written("open-drawing.odg", opendocument.OpenDocumentDrawing(), lambda document: None), [ODF + "graphics"]
    yield *written("open-chart.odc", opendocument.OpenDocumentChart(), lambda document: None), [ODF + "chart"]


def repacked(name: str, body: bytes, types):
    """The same document, as other writers pack it: stored, in another order, streamed, with folders, with padding."""

    class Pipe(io.RawIOBase):
        def __init__(self):
            self.parts = []

        def writable(self):
            return True

        def write(self, data):
            self.parts.append(bytes(data))
            return len(data)

    source = zipfile.ZipFile(io.BytesIO(body))
    members = [(entry.filename, source.read(entry)) for entry in source.infolist()]
    stem, ending = name.rsplit(".", 1)

    def packed(order, method=zipfile.ZIP_DEFLATED, out=None, folders=False):
        sink = out or io.BytesIO()
        with zipfile.ZipFile(sink, "w", method) as archive:
            made = set()
            for member, content in order:
                if folders and "/" in member and (folder := member.rsplit("/", 1)[0] + "/") not in made:
                    made.add(folder)
                    archive.writestr(folder, b"")
                archive.writestr(member, content)
        return b"".join(out.parts) if out else sink.getvalue()

    first = [m for m in members if m[0] in ("mimetype", "[Content_Types].xml")]
    others = [m for m in members if m not in first]
    yield f"{stem}-stored.{ending}", packed(members, zipfile.ZIP_STORED), types
    yield f"{stem}-streamed.{ending}", packed(members, out=Pipe()), types
    yield f"{stem}-folders.{ending}", packed(members, folders=True), types
    yield f"{stem}-reversed.{ending}", packed(first + others[::-1]), types
    yield f"{stem}-properties-first.{ending}", packed(first + sorted(others, key=lambda m: not m[0].startswith("docProps"))), types
    yield f"{stem}-line-feed-behind.{ending}", packed(members) + b"\n", types
    yield f"{stem}-zeros-behind.{ending}", packed(members) + b"\0" * 40, types


def compound(*streams: tuple[str, bytes]) -> bytes:
    """An OLE2 file ([MS-CFB] 2.1) with these streams, each of at least 4,096 bytes."""
    free, end, fat_mark, none = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF
    sectors, fat = [], []

    def add(body):
        start, count = len(sectors), (len(body) + 511) // 512
        for number in range(count):
            sectors.append(body[number * 512 : number * 512 + 512].ljust(512, b"\0"))
            fat.append(start + number + 1 if number + 1 < count else end)
        return start

    def entry(name, kind, left, right, child, start, size):
        text = name.encode("utf-16le") + b"\0\0"
        return (text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, left, right, child) + b"\0" * 36
                + struct.pack("<IQ", start, size))  # fmt: skip

    placed = [(name, add(body), len(body)) for name, body in sorted(streams, key=lambda s: (len(s[0]), s[0].upper()))]
    entries = [entry("Root Entry", 5, none, none, 1, end, 0)]
    for number, (name, start, size) in enumerate(placed):
        right = number + 2 if number + 1 < len(placed) else none
        entries.append(entry(name, 2, none, right, none, start, size))
    while len(entries) % 4:
        entries.append(b"\0" * 64 + struct.pack("<HBBIII", 0, 0, 0, none, none, none) + b"\0" * 48)
    directory = add(b"".join(entries))
    at = len(sectors)
    table = b"".join(struct.pack("<I", value) for value in [*fat, fat_mark])
    header = (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
              + struct.pack("<IIIIIIIII", 0, 1, directory, 0, 4096, end, 0, end, 0) + struct.pack("<I", at) + b"\xff" * 432)  # fmt: skip
    return header + b"".join(sectors) + table.ljust(512, b"\xff")


def old_documents():
    weak = [b"\0\0\0\0" + b"\1" + b"\0" * 8, b"\x5d\0\0\x80\0" + b"\0" * 8, b"\x01\0\0\x01\0" + struct.pack("<Q", 4000),
            b"\x2c\0\0\x10\0" + b"\xff" * 8, b"\x5d\0\0\0\x01" + struct.pack("<Q", 100_000)]  # fmt: skip
    for number, start in enumerate(weak):
        body = (start + bytes((i * 37 + number) & 255 for i in range(5000)))[:5000]
        yield f"old-stream-like-lzma-{number}.doc", compound(("WordDocument", TEXT.encode() * 60), ("Data", body)), ["application/msword"]
    yield "old-project.mpp", compound(("Props", bytes(range(256)) * 20), ("CompObj", b"\1" * 4200)), ["application/vnd.ms-project"]
    yield "old-drawing.vsd", compound(("VisioDocument", TEXT.encode("utf-16le") * 40)), ["application/vnd.visio", "application/vnd.ms-visio"]
    yield "old-thumbs.db", compound(("Catalog", b"\x10\0\7\0" * 1100), ("1", b"\x0c\0\0\0" * 1100)), ["application/octet-stream"]
    yield "old-works.wps", compound(("CONTENTS", TEXT.encode() * 60)), ["application/vnd.ms-works"]


def rich_texts():
    head = rb"{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Calibri;}}"
    for name, body in (
        ("plain", rb"\f0\fs22 " + TEXT.encode() + b"\\par"), ("unicode", rb"Zo\'eb \u8364? 7" + b"\\par"),
        ("table", rb"\trowd\cellx1000\cellx2000 a\cell b\cell\row"), ("picture", rb"{\pict\pngblip\picw1\pich1 89504e470d0a1a0a}"),
        ("link", rb'{\field{\*\fldinst{HYPERLINK "https://example.org"}}{\fldrslt site}}'), ("list", rb"{\pntext\bullet\tab}one\par"),
    ):  # fmt: skip
        yield f"rich-{name}.rtf", head + body + b"}", ["application/rtf", "text/rtf"]


def books(picture: bytes):
    from ebooklib import epub

    for number in range(5):
        book = epub.EpubBook()
        book.set_identifier(f"id-{number}")
        book.set_title(f"Book {number}")
        book.set_language("en")
        chapters = []
        for part in range(number + 1):
            chapter = epub.EpubHtml(title=f"Part {part}", file_name=f"part{part}.xhtml")
            chapter.content = f"<h1>Part {part}</h1><p>{TEXT}</p>"
            book.add_item(chapter)
            chapters.append(chapter)
        if number == 4:
            book.set_cover("cover.png", picture)
        book.toc, book.spine = chapters, ["nav", *chapters]
        book.add_item(epub.EpubNcx())
        book.add_item(epub.EpubNav())
        out = io.BytesIO()
        epub.write_epub(out, book)
        yield f"book-{number}.epub", out.getvalue(), ["application/epub+zip"]


def every(picture: bytes):
    yield from (words := list(word(picture)))
    yield from (tables := list(sheets()))
    yield from (decks := list(slides(picture)))
    yield from (opened := list(open_documents()))
    for sample in (words[0], words[3], tables[0], decks[0], opened[0], opened[2]):
        yield from repacked(*sample)
    yield from old_documents()
    yield from rich_texts()
    yield from books(picture)
