"""Makes the root file system of the image: our two programs, and from Debian's packages the libraries that they need and
the files that those libraries read. No shell and no package manager is left.

    rootfs.py PROGRAMS PACKAGES ROOT

PROGRAMS is the folder of the two static-stdlib programs, PACKAGES what mmdebstrap has extracted, ROOT the new folder."""

import os
import pathlib
import shutil
import subprocess
import sys

from elf import closure

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
USER = 10001
MULTIARCH = "usr/lib/x86_64-linux-gnu"

# What the libraries read while they run: the conversions of iconv(3), the types of libmagic, time zones, and OpenSSL's
# settings.
READ = [
    f"{MULTIARCH}/gconv", "usr/lib/file/magic.mgc", "usr/share/misc/magic.mgc", "usr/share/zoneinfo", "etc/ssl/openssl.cnf",
    "usr/lib/ssl/openssl.cnf", "etc/os-release", "usr/lib/os-release", "usr/share/common-licenses", "etc/magic",
]
EMPTY_FOLDERS = ["proc", "sys", "dev", "tmp", "var/tmp", "var/lib/lazaret", "var/lib/clamav", "etc/lazaret/pipelines.d"]
WRITABLE = {"tmp": 0o1777, "var/tmp": 0o1777}
# Of the user that the worker runs as.
OWNED = ["var/lib/lazaret"]

# Scanner children become `lazaret-scan` where the worker runs as root.
ACCOUNTS = (
    "root:x:0:0:root:/:/nonexistent\n"
    f"lazaret:x:{USER}:{USER}:Lazaret:/var/lib/lazaret:/nonexistent\n"
    f"lazaret-scan:x:{USER + 1}:{USER + 1}:Lazaret scanner:/nonexistent:/nonexistent\n"
)  # fmt: skip
GROUPS = f"root:x:0:\nlazaret:x:{USER}:\nlazaret-scan:x:{USER + 1}:\n"
NAMES = "passwd: files\ngroup: files\nhosts: files dns\nservices: files\n"


class Root:
    def __init__(self, source: pathlib.Path, target: pathlib.Path):
        self.source, self.target = source, target
        # The paths that were taken from packages, for the list of packages.
        self.taken: set[str] = set()

    def take(self, name: str) -> None:
        """Takes a file, a link with what it leads to, or a folder with its content."""
        # A merged /usr: `lib` is a link to `usr/lib`.
        place = self.source / name
        real = place.parent.resolve().relative_to(self.source.resolve()) / place.name
        if str(real) in self.taken:
            return
        source, target = self.source / real, self.target / real
        self.taken.add(str(real))
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink():
            link = os.readlink(source)
            inside = link.lstrip("/") if link.startswith("/") else os.path.normpath(real.parent / link)
            # A link to what a person sets up, as /etc/localtime, leads nowhere.
            if (self.source / inside).exists():
                target.symlink_to(link)
                self.take(str(inside))
        elif source.is_dir():
            target.mkdir(exist_ok=True)
            for entry in sorted(source.iterdir()):
                self.take(str(real / entry.name))
        else:
            shutil.copy(source, target)

    def write(self, name: str, text: str | bytes, mode: int = 0o644) -> None:
        path = self.target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        path.chmod(mode)


def programs(root: Root, folder: pathlib.Path) -> None:
    (root.target / "usr/bin").mkdir(parents=True)
    for link in ("bin", "lib", "lib64"):
        (root.target / f"usr/{link}").mkdir(exist_ok=True)
        (root.target / link).symlink_to(f"usr/{link}")
    copies = []
    for name in ("lazaret", "lazaret-scanner"):
        copies.append(root.target / "usr/bin" / name)
        subprocess.run(["strip", "-o", copies[-1], folder / name], check=True)
        copies[-1].chmod(0o755)
    for library in sorted(closure(root.source, copies)):
        root.take(str(library.relative_to(root.source)))
    root.take("lib64/ld-linux-x86-64.so.2")
    modules = [file for file in (root.target / MULTIARCH / "gconv").glob("*.so")]
    for library in sorted(closure(root.source, modules)):
        root.take(str(library.relative_to(root.source)))


def certificates(root: Root) -> None:
    """The bundle that `update-ca-certificates` would make: all authorities that Debian takes from Mozilla."""
    folder = root.source / "usr/share/ca-certificates/mozilla"
    bundle = "".join(file.read_text().rstrip("\n") + "\n" for file in sorted(folder.glob("*.crt")))
    root.write("etc/ssl/certs/ca-certificates.crt", bundle)
    root.taken.add("usr/share/ca-certificates/mozilla/" + min(file.name for file in folder.glob("*.crt")))


def packages(root: Root, controls: pathlib.Path) -> None:
    """For each package of which something was taken: its entry, where scanners for vulnerabilities look for it in images
    without dpkg, and its licence."""
    for control in sorted(controls.glob("*.control")):
        files = control.with_suffix(".files").read_text().splitlines()
        if not root.taken.intersection(files):
            continue
        name = control.stem
        root.write(f"var/lib/dpkg/status.d/{name}", "Status: install ok installed\n" + control.read_text())
        root.write(f"var/lib/dpkg/status.d/{name}.list", "\n".join(sorted(root.taken.intersection(files))) + "\n")
        licence = root.source / f"usr/share/doc/{name}/copyright"
        if licence.exists():
            root.write(f"usr/share/doc/{name}/copyright", licence.resolve().read_bytes())


def ours(root: Root) -> None:
    root.write("etc/passwd", ACCOUNTS)
    root.write("etc/group", GROUPS)
    root.write("etc/nsswitch.conf", NAMES)
    root.write("usr/share/doc/lazaret/copyright", (REPOSITORY / "deploy/debian/copyright").read_bytes())
    for schema in ("pipelines/schema.json", "docs/notice.schema.json"):
        file = REPOSITORY / schema
        root.write(f"usr/share/lazaret/{file.name}", file.read_bytes())
    for folder in EMPTY_FOLDERS:
        (root.target / folder).mkdir(parents=True, exist_ok=True)
        (root.target / folder).chmod(WRITABLE.get(folder, 0o755))
    for folder in OWNED:
        os.chown(root.target / folder, USER, USER)


def main() -> None:
    os.umask(0o022)
    built, extracted, target = (pathlib.Path(word).resolve() for word in sys.argv[1:4])
    target.mkdir(parents=True)
    root = Root(extracted, target)
    for name in READ:
        if (extracted / name).exists() or (extracted / name).is_symlink():
            root.take(name)
    programs(root, built)
    certificates(root)
    packages(root, pathlib.Path(f"{extracted}.packages"))
    ours(root)


if __name__ == "__main__":
    main()
