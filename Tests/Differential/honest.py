"""Scans a folder of honest files by the release build, as browsers would declare them, and sums up what is not clean:
`python honest.py FOLDER FILE.tsv [PROGRAM]`. PROGRAM is another `lazaret`, beside its scanner. Each line of the summary is a reason, how many files have it, and some of them. FILE.tsv gets a line
for each such file. With every type that is in use for a file's ending, it must be clean."""

import collections
import json
import mimetypes
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]

RULES = """pipeline: honest
match: { bucket: honest }
accept: { declared-type: must-agree, polyglots: reject }
scan: { timeout: 120s }
then: { clean: keep, infected: keep, unscannable: keep, rejected: keep }
"""

# What browsers and operating systems declare besides Python's table.
MORE = {
    ".7z": "application/x-compressed", ".ai": "application/postscript", ".apk": "application/vnd.android.package-archive",
    ".avif": "image/avif", ".cer": "application/x-x509-ca-cert", ".crt": "application/x-x509-ca-cert", ".crx": "application/x-chrome-extension",
    ".csv": "application/vnd.ms-excel", ".cur": "image/x-icon", ".dcm": "application/dicom", ".deb": "application/vnd.debian.binary-package",
    ".dwg": "image/vnd.dwg", ".dxf": "image/vnd.dxf", ".emf": "image/x-emf", ".eps": "application/postscript", ".epub": "application/epub+zip",
    ".flac": "audio/x-flac", ".gz": "application/x-gzip", ".heic": "image/heic", ".ics": "text/calendar", ".ipynb": "application/x-ipynb+json",
    ".iso": "application/x-cd-image", ".jar": "application/java-archive", ".kml": "application/vnd.google-earth.kml+xml",
    ".kmz": "application/vnd.google-earth.kmz", ".m4a": "audio/x-m4a", ".md": "text/markdown", ".mid": "audio/mid", ".mkv": "video/x-matroska",
    ".mp3": "audio/mp3", ".mpp": "application/vnd.ms-project", ".msg": "application/vnd.ms-outlook", ".obj": "application/x-tgif",
    ".ogg": "application/ogg", ".otf": "application/vnd.oasis.opendocument.formula-template", ".parquet": "application/vnd.apache.parquet",
    ".pem": "application/x-x509-ca-cert", ".pfx": "application/x-pkcs12", ".pgp": "application/pgp-encrypted", ".ply": "model/ply",
    ".psd": "image/vnd.adobe.photoshop", ".rar": "application/x-rar-compressed", ".rpm": "application/x-rpm", ".rtf": "text/rtf",
    ".shp": "application/vnd.shp", ".sql": "application/sql", ".stl": "model/stl", ".step": "model/step", ".stp": "application/step",
    ".svgz": "image/svg+xml", ".ts": "video/vnd.dlna.mpeg-tts", ".ttf": "application/x-font-ttf", ".vcf": "text/x-vcard",
    ".vsd": "application/vnd.visio", ".wasm": "application/wasm", ".wav": "audio/wav", ".webmanifest": "application/manifest+json",
    ".webp": "image/webp", ".wmf": "image/x-wmf", ".woff": "application/x-font-woff", ".woff2": "font/woff2", ".xcf": "image/x-xcf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xml": "text/xml", ".xz": "application/x-xz",
    ".yaml": "application/x-yaml", ".yml": "text/yaml", ".zip": "application/x-zip-compressed", ".zst": "application/zstd",
}  # fmt: skip


def types(tables, path: pathlib.Path) -> set[str]:
    ending = path.suffix.lower()
    found = [table.types_map[strict].get(ending) for table in tables for strict in (True, False)] + [MORE.get(ending)]
    return {kind for kind in found if kind}


def scan(program, paths, kind: str, rules: str):
    """The answers on some files, declared as `kind`, by path."""
    answers = {}
    for start in range(0, len(paths), 500):
        command = [program, "scan", "--json", "--signatures", ROOT / "samples/signatures", "--pipelines", rules,
                   "--as", "s3://honest/x/", "--declared-type", kind, *paths[start : start + 500]]  # fmt: skip
        done = subprocess.run(command, capture_output=True, check=False, text=True)
        for line in done.stdout.splitlines():
            answer = json.loads(line)
            answers[pathlib.Path(answer["path"])] = answer
        sys.stderr.write("".join(line for line in done.stderr.splitlines(True) if "not clean" not in line))
    return answers


def reasons(answer):
    for finding in answer["findings"]:
        if finding["kind"] != "note":
            yield f"{answer['verdict']}: {finding['name']}", finding["detail"]


def main(folder: str, table: str, program: str = str(ROOT / ".build/release/lazaret")) -> None:
    # Python's own table, and the one of this system, as Firefox and Chrome use it on Linux.
    system = [name for name in mimetypes.knownfiles if os.path.exists(name)]
    tables = [mimetypes.MimeTypes(filenames=[]), mimetypes.MimeTypes(filenames=system)]
    paths = [path for path in sorted(pathlib.Path(folder).rglob("*")) if path.is_file() and not path.is_symlink()]
    found = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as rules, open(table, "w") as lines:

        def note(path, kind, reason, detail):
            found[reason].append(path)
            lines.write(f"{reason}\t{path}\t{kind}\t{detail}\n")

        (pathlib.Path(rules) / "honest.yaml").write_text(RULES)
        answers = scan(program, paths, "application/octet-stream", rules)
        # A contradiction depends on the two types alone: one file stands for all that have both.
        alike = collections.defaultdict(lambda: collections.defaultdict(list))
        for path in paths:
            if path not in answers:
                note(path, "", "no answer", "")
                continue
            for reason, detail in reasons(answers[path]):
                note(path, "", reason, detail)
            for kind in types(tables, path) or {"application/octet-stream"}:
                alike[kind][answers[path].get("type")].append(path)
        for kind, groups in sorted(alike.items()):
            firsts = {group[0]: (detected, group) for detected, group in groups.items() if detected != kind}
            for path, answer in scan(program, list(firsts), kind, rules).items():
                detected, group = firsts[path]
                if any(reason == "rejected: declared-type" for reason, _ in reasons(answer)):
                    for other in group:
                        note(other, kind, "rejected: declared-type", f"the bytes are {detected}")
    refused = {path for group in found.values() for path in group}
    print(f"{len(paths)} files, {len(refused)} of them not clean with every type")
    known = [path for path in paths if path in answers and answers[path]["verdict"] == "clean" and types(tables, path)]
    contradicted = set(found.get("rejected: declared-type", ())) & set(known)
    print(f"{len(known)} clean files with a known ending, {len(contradicted)} of them contradicted in a type")
    for reason, group in sorted(found.items(), key=lambda item: -len(item[1])):
        print(f"{len(group):6}  {reason}: " + ", ".join(path.name for path in group[:3]))


if __name__ == "__main__":
    main(*sys.argv[1:])
