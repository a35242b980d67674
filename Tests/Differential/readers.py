"""Ordinary readers, each run on one file in a folder of its own: what they extract decides whether a file that is called
clean was read whole. They run under limits of time, memory and output, without a network, and as nobody if the fuzzer
runs as root."""

import ctypes
import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile

import pyreaders
from payloads import is_shown

_SECONDS, _MEMORY, _OUTPUT = 5, 1 << 30, 64 << 20
_DEEPEST = 3
_NOBODY = 65534
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000

# Each: a name, a command ({file} the file, {plain} the same without its ending, {out} the folder to write to), and the
# marks of which the file must have one for the reader to be worth running; none: it is run on every file.
_READERS = [
    ("7zz", ["7zz", "x", "-y", "-bd", "-pnone", "-mmt=1", "-o{out}", "{file}"], ()),
    # 7-Zip searches a file whose ending says nothing.
    ("7zz-search", ["7zz", "x", "-y", "-bd", "-pnone", "-mmt=1", "-o{out}", "{plain}"], ()),
    ("python", None, ()),
    ("unar", ["unar", "-q", "-f", "-p", "none", "-o", "{out}", "{file}"], ()),
    ("bsdtar", ["bsdtar", "-xf", "{file}", "-C", "{out}"], ()),
    ("tar", ["tar", "-xf", "{file}", "-C", "{out}"], (b"ustar", b".tar", b"plain.txt", b"payload")),
    ("tar-zeros", ["tar", "-xif", "{file}", "-C", "{out}"], (b"ustar", b"plain.txt", b"payload")),
    (
        "cpio",
        ["sh", "-c", "cd {out} && cpio -idm --quiet --no-absolute-filenames <{file}"],
        (b"07070", b"\xc7\x71", b"\x71\xc7", b"ustar"),
    ),
    ("unzip", ["unzip", "-q", "-o", "-P", "none", "{file}", "-d", "{out}"], (b"PK",)),
    ("dpkg-deb", ["dpkg-deb", "-x", "{file}", "{out}"], (b"!<arch>", b"debian")),
    ("ar", ["sh", "-c", "cd {out} && ar xf {file}"], (b"!<",)),
    ("rpm2cpio", ["sh", "-c", "cd {out} && rpm2cpio {file} >payload.cpio"], (b"\xed\xab\xee\xdb", b"\x8e\xad\xe8")),
    ("cabextract", ["cabextract", "-q", "-d", "{out}", "{file}"], (b"MSCF",)),
    ("lha", ["sh", "-c", "cd {out} && lha xqf {file}"], (b"-l",)),
    ("arj", ["sh", "-c", "cd {out} && arj x -y -i {file}"], (b"\x60\xea",)),
    ("arc", ["sh", "-c", "cp {file} {out}/a.arc && cd {out} && arc xno a.arc; rm -f a.arc"], (b"\x1a",)),
    ("unrar-free", ["unrar-free", "-x", "{file}", "{out}/"], (b"ar!\x1a", b"Rar")),
    ("gzip", ["sh", "-c", "gzip -dcqf <{file} >{out}/gzip"], (b"\x1f",)),
    ("bzip2", ["sh", "-c", "bzip2 -dcq <{file} >{out}/bzip2"], (b"BZ",)),
    (
        "xz",
        ["sh", "-c", "xz -dcq --single-stream <{file} >{out}/xz; xz -dcq <{file} >{out}/xz-all"],
        (b"7zXZ", b"\x5d\0"),
    ),
    ("lzip", ["sh", "-c", "lzip -dcq <{file} >{out}/lzip"], (b"LZ",)),
    ("zstd", ["sh", "-c", "zstd -dcqf <{file} >{out}/zstd"], (b"\xb5\x2f\xfd", b"\x2a\x4d\x18", b"\x22\x4d\x18")),
    ("lz4", ["sh", "-c", "lz4 -dcqf <{file} >{out}/lz4"], (b"\x4d\x18", b"\x4c\x18")),
    ("lzop", ["sh", "-c", "lzop -dcq <{file} >{out}/lzop"], (b"LZO",)),
    ("munpack", ["munpack", "-q", "-t", "-f", "-C", "{out}", "{file}"], (b"ontent", b"begin", b"ONTENT")),
    (
        "uudeview",
        ["uudeview", "-i", "-q", "-o", "-m", "-p", "{out}/", "{file}"],
        (b"begin", b"ontent", b"ONTENT", b"=y"),
    ),
    ("ripmime", ["ripmime", "-i", "{file}", "-d", "{out}"], (b"ontent", b"ONTENT")),
    ("pdfdetach", ["pdfdetach", "-saveall", "-o", "{out}", "{file}"], (b"obj",)),
    ("qpdf", ["qpdf", "--qdf", "--stream-data=uncompress", "{file}", "{out}/qdf"], (b"obj",)),
    (
        "unsquashfs",
        ["unsquashfs", "-q", "-n", "-f", "-p", "1", "-d", "{out}/s", "{file}"],
        (b"hsqs", b"sqsh", b"squash"),
    ),
    ("mcopy", ["mcopy", "-n", "-s", "-i", "{file}", "::*", "{out}"], (b"FAT",)),
    ("debugfs", ["debugfs", "-R", "rdump / {out}", "{file}"], (b"\x53\xef",)),
    ("wimlib", ["wimlib-imagex", "extract", "{file}", "1", "--dest-dir={out}", "--no-acls"], (b"MSWIM", b"WLPWM")),
    ("isoinfo", ["sh", "-c", "cd {out} && isoinfo -X -i {file}; mkdir j; cd j; isoinfo -J -X -i {file}"], (b"CD001",)),
    ("xorriso", ["xorriso", "-osirrox", "on", "-indev", "{file}", "-extract", "/", "{out}/x"], (b"CD001",)),
    (
        "hfs",
        ["sh", "-c", "export HOME={out}; hmount {file} && hcopy -r : '*' {out}; hcopy -r '*' {out}; humount"],
        (b"BD",),
    ),
    (
        "git",
        [
            "sh",
            "-c",
            "cd {out} && git apply {file}; git init -q --bare r && cd r && git fast-import --quiet <{file};"
            "git archive $(git for-each-ref --count=1 --format='%(refname)') | tar -xC {out}; rm -rf {out}/r",
        ],
        (b"diff --git", b"\n+++ ", b"\ndata "),
    ),
    ("co", ["sh", "-c", "cp {file} {out}/a,v && cd {out} && co -q a,v; rm -f a,v"], (b"head",)),
    (
        "svnadmin",
        ["sh", "-c", "cd {out} && svnadmin create r && svnadmin load -q r <{file} && svnlook cat r a >a; rm -rf r"],
        (b"SVN-fs-dump",),
    ),
    ("mkvextract", ["mkvextract", "{file}", "attachments", "1:{out}/a"], (b"\x1a\x45\xdf\xa3",)),
    (
        "ffmpeg",
        ["sh", "-c", "cd {out} && ffmpeg -v quiet -y -dump_attachment:t a -i {file} -map 0:v -c copy -f data b; :"],
        (b"\x1a\x45\xdf\xa3", b"ID3", b"fLaC", b"OggS", b"ftyp", b"APETAGEX"),
    ),
    ("wrestool", ["wrestool", "-x", "--raw", "-o", "{out}", "{file}"], (b"MZ",)),
    ("shar", ["sh", "-c", "cd {out} && sed -n '/^begin/,/^end/p' {file} | uudecode"], (b"begin ",)),
]


def leave_the_network():
    """Puts this process and its children in a network namespace of their own, which has no way out."""
    library = ctypes.CDLL(None, use_errno=True)
    for flags in (_CLONE_NEWNET, _CLONE_NEWUSER | _CLONE_NEWNET):
        if library.unshare(flags) == 0:
            return
    raise OSError(ctypes.get_errno(), "no network namespace for the readers")


def missing_tools():
    """The programs of the table that are not installed."""
    named = {command[0] if command[0] != "sh" else name for name, command, _ in _READERS if command}
    named = named - {"hfs", "shar"} | {"hmount", "uudecode"}
    return sorted(name for name in named if shutil.which(name) is None)


def _limits(as_nobody=True):
    os.setsid()
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_OUTPUT, _OUTPUT))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if as_nobody and os.geteuid() == 0:
        os.setgroups([])
        os.setgid(_NOBODY)
        os.setuid(_NOBODY)


def _give_away(path):
    """To nobody, as whom the readers run."""
    if os.geteuid() == 0:
        os.chown(path, _NOBODY, _NOBODY)


def _run(command, path, out):
    plain = os.path.join(os.path.dirname(path), "plain")
    words = [word.replace("{file}", path).replace("{plain}", plain).replace("{out}", out) for word in command]
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": out, "TMPDIR": out}
    process = subprocess.Popen(
        words,
        cwd=out,
        env=environment,
        preexec_fn=_limits,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        process.wait(timeout=2 * _SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        process.wait()


def _run_python(path, out):
    """Python's readers run in a fork, since starting Python costs more than all of them. They keep their user: nobody
    may have no way to their modules, and they write under names of ours."""
    child = os.fork()
    if child == 0:
        try:
            null = os.open(os.devnull, os.O_RDWR)
            for descriptor in range(3):
                os.dup2(null, descriptor)
            _limits(as_nobody=False)
            signal.alarm(2 * _SECONDS)
            pyreaders.main(path, out)
        finally:
            os._exit(0)
    os.waitpid(child, 0)


def _files(folder):
    """The regular files below a folder, with their bytes; a few large ones at most."""
    for place, folders, names in os.walk(folder):
        for name in [*folders]:
            path = os.path.join(place, name)
            if not os.path.islink(path):
                os.chmod(path, 0o700)
        for name in names:
            path = os.path.join(place, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            os.chmod(path, 0o600)
            with open(path, "rb") as file:
                yield path, file.read(16 << 20)


def reader_that_shows(data, name, room=None, level=0, seen=None, only=None):
    """The names of the readers by which ordinary software comes to the payload in these bytes, from the outermost in
    (`7zz/unar`), or None. `name` is the file's: some readers go by its ending. `only` is one such answer, to be tried
    again."""
    seen = seen if seen is not None else set()
    first, _, rest = (only or "").partition("/")
    with tempfile.TemporaryDirectory(dir=room) as folder:
        path = os.path.join(folder, re.sub(r"[^A-Za-z0-9._-]", "_", name)[-40:].lstrip("-") or "file")
        with open(path, "wb") as file:
            file.write(data)
        os.link(path, os.path.join(folder, "plain"))
        _give_away(folder)
        _give_away(path)
        inner = []
        for reader, command, marks in _READERS:
            if only and reader != first or marks and not any(mark in data for mark in marks):
                continue
            out = os.path.join(folder, "out-" + reader)
            os.mkdir(out)
            _give_away(out)
            if command is None:
                _run_python(path, out)
            else:
                _run(command, path, out)
            for extracted, content in _files(out):
                if content == data or len(content) < 8 or content in seen:
                    continue
                if is_shown(content) and not rest:
                    return reader
                seen.add(content)
                inner.append((reader, os.path.basename(extracted), content))
            shutil.rmtree(out, ignore_errors=True)
    if level + 1 >= _DEEPEST:
        return None
    for reader, extracted, content in inner[:12]:
        if not looks_packed(content):
            continue
        shown = reader_that_shows(content, extracted, room, level + 1, seen, rest or None)
        if shown:
            return f"{reader}/{shown}"
    return None


def looks_packed(content):
    """Whether bytes may be a container. Plain text is none, unless it encodes one."""
    head = content[:4096]
    is_text = all(byte >= 9 for byte in head) and head.count(b"\x1b") == 0
    return not is_text or any(mark in content for mark in (b"begin", b"ontent-", b"ONTENT", b"obj", b"ustar", b"07070"))
