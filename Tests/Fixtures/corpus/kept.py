"""Files of LibreOffice and ffmpeg, which are too large to install for each run of the tests. `python kept.py` makes them again in `kept`, up
to 60 KiB each, if `soffice` and `ffmpeg` are installed (Debian: libreoffice-writer-nogui, -calc-nogui, -impress-nogui, -draw-nogui, ffmpeg)."""

import io
import pathlib
import shutil
import subprocess
import tempfile

from documents import ODF, OO, TEXT

FOLDER = pathlib.Path(__file__).resolve().parent / "kept"

# What programs and browsers declare for each ending.
TYPES = {
    "doc": ["application/msword"], "dot": ["application/msword"], "docx": [OO + "wordprocessingml.document"],
    "dotx": [OO + "wordprocessingml.template"], "docm": ["application/vnd.ms-word.document.macroEnabled.12"],
    "rtf": ["application/rtf", "text/rtf"], "odt": [ODF + "text"], "ott": [ODF + "text-template"],
    "fodt": [ODF + "text-flat-xml", "application/octet-stream"], "html": ["text/html"], "xhtml": ["application/xhtml+xml"],
    "epub": ["application/epub+zip"], "pdf": ["application/pdf"], "txt": ["text/plain"],
    "xls": ["application/vnd.ms-excel"], "xlsx": [OO + "spreadsheetml.sheet"], "xltx": [OO + "spreadsheetml.template"],
    "xlsm": ["application/vnd.ms-excel.sheet.macroEnabled.12"], "ods": [ODF + "spreadsheet"], "ots": [ODF + "spreadsheet-template"],
    "fods": [ODF + "spreadsheet-flat-xml"], "csv": ["text/csv", "application/vnd.ms-excel"], "dif": ["application/x-dif"],
    "slk": ["application/x-sylk", "text/spreadsheet"], "dbf": ["application/dbf", "application/vnd.dbf"],
    "ppt": ["application/vnd.ms-powerpoint"], "pps": ["application/vnd.ms-powerpoint"], "pptx": [OO + "presentationml.presentation"],
    "ppsx": [OO + "presentationml.slideshow"], "potx": [OO + "presentationml.template"], "odp": [ODF + "presentation"],
    "otp": [ODF + "presentation-template"], "fodp": [ODF + "presentation-flat-xml"], "odg": [ODF + "graphics"],
    "svg": ["image/svg+xml"], "png": ["image/png"], "jpg": ["image/jpeg"], "gif": ["image/gif"], "bmp": ["image/bmp"],
    "tif": ["image/tiff"], "webp": ["image/webp"], "emf": ["image/emf", "image/x-emf"], "wmf": ["image/wmf", "image/x-wmf"],
    "eps": ["application/postscript", "image/x-eps"],
    "mp4": ["video/mp4"], "m4v": ["video/x-m4v", "video/mp4"], "mov": ["video/quicktime"], "3gp": ["video/3gpp"],
    "mkv": ["video/x-matroska", "video/webm"], "webm": ["video/webm"], "avi": ["video/x-msvideo", "video/avi"],
    "flv": ["video/x-flv"], "mpg": ["video/mpeg"], "ts": ["video/mp2t"], "m2ts": ["video/mp2t"], "ogv": ["video/ogg"],
    "wmv": ["video/x-ms-wmv", "video/x-ms-asf"], "mxf": ["application/mxf"], "apng": ["image/apng", "image/png"],
    "y4m": ["application/octet-stream"], "nut": ["application/octet-stream"],
    "mp3": ["audio/mpeg", "audio/mp3"], "m4a": ["audio/mp4", "audio/x-m4a", "audio/mpeg"], "aac": ["audio/aac", "audio/x-aac", "audio/vnd.dlna.adts"],
    "ogg": ["audio/ogg", "application/ogg"], "opus": ["audio/opus", "audio/ogg"], "flac": ["audio/flac", "audio/x-flac"],
    "wav": ["audio/wav", "audio/x-wav"], "w64": ["audio/x-w64", "application/octet-stream"], "aiff": ["audio/aiff", "audio/x-aiff"],
    "au": ["audio/basic"], "caf": ["audio/x-caf"], "wma": ["audio/x-ms-wma"], "ac3": ["audio/ac3"], "mka": ["audio/x-matroska"],
    "tta": ["audio/x-tta"], "wv": ["audio/x-wavpack"], "mp2": ["audio/mpeg"], "m3u8": ["application/vnd.apple.mpegurl"],
    "mpd": ["application/dash+xml"], "srt": ["application/x-subrip", "text/plain"], "ass": ["text/x-ssa", "text/plain"], "vtt": ["text/vtt"],
}  # fmt: skip


def every():
    for path in sorted(FOLDER.iterdir()):
        yield f"kept-{path.name}", path.read_bytes(), TYPES[path.suffix[1:]]


def run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, check=False, text=True, timeout=120)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}: {done.stderr[-500:]}")


def office(folder: pathlib.Path) -> None:
    import docx
    import openpyxl
    import pptx

    import pictures

    picture = io.BytesIO(pictures.png())
    text = docx.Document()
    text.add_heading("Contract")
    text.add_paragraph(TEXT)
    text.add_picture(picture)
    text.add_table(rows=2, cols=2).cell(0, 0).text = "7 %"
    text.save(folder / "text.docx")
    book = openpyxl.Workbook()
    for row in range(9):
        book.active.append([row, row * 1.5, f"row {row}", f"=A{row + 1}*2"])
    book.save(folder / "table.xlsx")
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[0])
    slide.shapes.title.text = "Offer"
    picture.seek(0)
    slide.shapes.add_picture(picture, 0, 0)
    show.save(folder / "slides.pptx")
    for source, endings in (
        ("text.docx", ["doc", "dot", "docx", "dotx", "docm", "rtf", "odt", "ott", "fodt", "html", "xhtml", "epub", "pdf", "txt"]),
        ("table.xlsx", ["xls", "xlsx", "xltx", "xlsm", "ods", "ots", "fods", "csv", "dif", "slk", "dbf", "html", "pdf"]),
        ("slides.pptx", ["ppt", "pps", "pptx", "ppsx", "potx", "odp", "otp", "fodp", "odg", "svg", "png", "jpg", "gif", "bmp", "tif", "webp",
                         "emf", "wmf", "eps", "pdf"]),
    ):  # fmt: skip
        for ending in endings:
            out = folder / ending
            run("soffice", f"-env:UserInstallation=file://{folder}/profile", "--headless", "--convert-to", ending, "--outdir", str(out),
                str(folder / source))  # fmt: skip
            for made in out.glob("*.*"):
                shutil.copyfile(made, FOLDER / f"office-{made.name}")
            shutil.rmtree(out, ignore_errors=True)


def media(folder: pathlib.Path) -> None:
    picture = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=0.6"]
    sound = ["-f", "lavfi", "-i", "sine=frequency=440:duration=0.3"]
    both = [*picture, *sound]
    for name, arguments in (
        ("h264.mp4", [*both, "-pix_fmt", "yuv420p"]), ("faststart.mp4", [*both, "-pix_fmt", "yuv420p", "-movflags", "+faststart"]),
        ("fragments.mp4", [*both, "-pix_fmt", "yuv420p", "-movflags", "frag_keyframe+empty_moov+default_base_moof"]),
        ("cmaf.mp4", [*picture, "-pix_fmt", "yuv420p", "-movflags", "+cmaf", "-brand", "cmfc"]), ("mpeg4.mp4", [*both, "-c:v", "mpeg4"]),
        ("h265.mp4", [*picture, "-c:v", "libx265", "-tag:v", "hvc1", "-pix_fmt", "yuv420p"]), ("film.m4v", [*both, "-c:v", "mpeg4"]),
        ("film.mov", [*both, "-pix_fmt", "yuv420p"]), ("mjpeg.mov", [*both, "-c:v", "mjpeg", "-c:a", "pcm_s16le"]),
        ("prores.mov", [*picture, "-c:v", "prores_ks"]), ("film.3gp", [*picture, "-c:v", "mpeg4"]), ("film.mkv", [*both, "-pix_fmt", "yuv420p"]),
        ("vp8.webm", [*both, "-c:v", "libvpx"]), ("vp9.webm", [*both, "-c:v", "libvpx-vp9"]), ("film.avi", both),
        ("mjpeg.avi", [*both, "-c:v", "mjpeg", "-c:a", "pcm_s16le"]), ("film.flv", [*both, "-ar", "44100"]), ("film.mpg", [*picture, "-r", "25"]),
        ("film.ts", [*both, "-c:v", "mpeg2video", "-r", "25"]), ("film.m2ts", [*both, "-c:v", "mpeg2video", "-r", "25", "-mpegts_m2ts_mode", "1"]),
        ("film.ogv", both), ("film.wmv", both), ("film.mxf", [*both, "-c:v", "mpeg2video", "-r", "25", "-ar", "48000"]), ("film.gif", picture),
        ("film.apng", [*picture, "-plays", "0"]), ("film.webp", [*picture, "-loop", "0"]), ("film.nut", [*both, "-c:v", "mpeg4"]),
        ("film.y4m", ["-f", "lavfi", "-i", "testsrc=size=32x24:rate=5:duration=0.4", "-pix_fmt", "yuv420p"]),
        ("tagged.mp3", [*sound, "-id3v2_version", "3", "-metadata", "title=A <b>song</b>", "-metadata", "artist=Zoë"]),
        ("plain.mp3", [*sound, "-id3v2_version", "0", "-write_xing", "0"]), ("old-tag.mp3", [*sound, "-write_id3v1", "1", "-id3v2_version", "0"]),
        ("sound.m4a", sound), ("sound.aac", sound), ("sound.ogg", [*sound, "-c:a", "libvorbis"]), ("sound.opus", sound), ("sound.flac", sound),
        ("sound.wav", [*sound, "-ar", "8000"]), ("float.wav", [*sound, "-ar", "8000", "-c:a", "pcm_f32le"]),
        ("adpcm.wav", [*sound, "-ar", "8000", "-c:a", "adpcm_ms"]), ("wide.wav", [*sound, "-ar", "8000", "-rf64", "always"]),
        ("sound.w64", [*sound, "-ar", "8000"]), ("sound.aiff", [*sound, "-ar", "8000"]), ("sound.au", [*sound, "-ar", "8000"]),
        ("sound.caf", [*sound, "-ar", "8000"]), ("sound.wma", sound), ("sound.ac3", sound), ("sound.mka", [*sound, "-c:a", "libvorbis"]),
        ("sound.tta", [*sound, "-ar", "8000"]), ("sound.wv", [*sound, "-ar", "8000"]), ("sound.mp2", sound),
    ):  # fmt: skip
        run("ffmpeg", "-v", "error", "-y", *arguments, str(FOLDER / f"media-{name}"))
    subtitles = folder / "words.srt"
    subtitles.write_text("1\n00:00:00,000 --> 00:00:02,000\n<i>Grüße</i>\n\n2\n00:00:03,000 --> 00:00:04,000\nwords\n")
    for ending in ("srt", "ass", "vtt"):
        run("ffmpeg", "-v", "error", "-y", "-i", str(subtitles), str(FOLDER / f"media-words.{ending}"))
    stream = folder / "stream"
    stream.mkdir()
    run("ffmpeg", "-v", "error", *both, "-pix_fmt", "yuv420p", "-f", "hls", str(stream / "list.m3u8"))
    run("ffmpeg", "-v", "error", *both, "-pix_fmt", "yuv420p", "-f", "dash", str(stream / "list.mpd"))
    for path in stream.glob("list.*"):
        shutil.copyfile(path, FOLDER / f"media-{path.name}")


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with tempfile.TemporaryDirectory(prefix="lazaret-kept-") as name:
        office(pathlib.Path(name))
        media(pathlib.Path(name))
    for path in FOLDER.iterdir():
        if path.stat().st_size > 60 << 10:
            path.unlink()
