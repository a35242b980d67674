"""The scanner's cost with a large signature set: memory with one and with eight children, and the times to load, to
replace a dead child and to switch to another set: `make bench-scanner`.

Speaks to the release `lazaret-scanner` as the worker does: over a SOCK_SEQPACKET socket as descriptor 3, and one
socket per child. Needs root to read the memory of the children. Memory is the proportional set size (PSS: shared
pages count once, split over the processes that share them) and the resident set size (RSS), in MiB.

    scanner.py [--rows 1.0] [--files 200] [--matching whole] [--scanner .build/release/lazaret-scanner]

`--rows 1.0` is a million hashes, 200,000 patterns and 20,000 logical signatures, about what a set of 2010 to 2025
holds.
"""

import argparse
import array
import io
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "samples/demo"))
sys.path.insert(0, str(ROOT / "Benchmarks/compare"))
import signatures as generated  # noqa: E402
from cloud import Cloud, die_with_parent  # noqa: E402

PIPELINE = """
pipeline: bench
match: { bucket: acme-incoming, prefix: uploads/ }
then: { clean: keep, infected: keep, unscannable: keep, rejected: keep }
"""
READY, FAILED, CHILD_STARTED, CHILD_ENDED, SCANNED = 129, 130, 131, 132, 66
TIMEOUT = 120


def samples(count: int) -> list[bytes]:
    """Plain text, random bytes, and archives of text, in turn."""
    generator = random.Random(2)
    def text(size: int) -> bytes:
        return b" ".join(generator.choice([b"harbour", b"wind", b"tide", b"flag", b"ship"]) for _ in range(size // 6))
    def archive() -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
            for number in range(5):
                packed.writestr(f"{number}.txt", text(4096))
        return out.getvalue()
    kinds = [lambda: text(8192), lambda: generator.randbytes(65536), archive]
    return [kinds[number % len(kinds)]() for number in range(count)]


class Child:
    def __init__(self, slot: int, process: int, end: socket.socket):
        self.slot, self.process, self.end = slot, process, end

    def scan(self, content: bytes) -> None:
        spool = os.memfd_create("spool", os.MFD_CLOEXEC)
        os.write(spool, content)
        nonce = os.urandom(8)
        limits = (120_000, 4 << 30, 10_000, 17, 0, 0, 0, 0)
        # No known type, no encoding, and the filter if there is one.
        request = struct.pack("<BBqqqqqBBBBHHB", 1, 2, len(content), *limits, 0, 0, 1) + nonce
        self.end.sendmsg([request], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [spool]))])
        os.close(spool)
        reply = self.end.recv(65536)
        if len(reply) < 10 or reply[1] != SCANNED or reply[-8:] != nonce:
            sys.exit(f"no answer to a scan: {reply[:80]!r}")


class Scanner:
    def __init__(self, options: argparse.Namespace, signatures: pathlib.Path, scratch: pathlib.Path, children: int):
        self.control, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(TIMEOUT)
        self.start = time.monotonic()
        self.process = os.fork()
        if self.process == 0:
            os.dup2(os.dup(far.fileno()), 3, inheritable=True)
            os.closerange(4, 1024)
            program = options.scanner
            os.execve(program, [program, "--signatures", str(signatures), "--children", str(children),
                                "--scratch", str(scratch), "--matching", options.matching], {"TZ": "UTC"})  # fmt: skip
        far.close()
        self.children: dict[int, Child] = {}

    def report(self) -> int:
        """Receives one report of the supervisor. Returns its tag."""
        packet, descriptors, _, _ = socket.recv_fds(self.control, 65536, 1)
        if not packet or packet[1] == FAILED:
            sys.exit(f"the scanner ended: {packet[2:].decode(errors='replace')}")
        if packet[1] == CHILD_STARTED:
            slot, process = struct.unpack_from("<Hi", packet, 2)
            end = socket.socket(fileno=descriptors[0])
            end.settimeout(TIMEOUT)
            self.children[slot] = Child(slot, process, end)
        elif packet[1] == CHILD_ENDED:
            (slot,) = struct.unpack_from("<H", packet, 2)
            self.children.pop(slot).end.close()
        return packet[1]

    def await_children(self, count: int) -> float:
        """Waits for all children. Returns the seconds from the program's start to its `ready`."""
        loaded = None
        while loaded is None or len(self.children) < count:
            if self.report() == READY:
                loaded = time.monotonic() - self.start
        return loaded

    def processes(self) -> list[int]:
        return [self.process] + [child.process for child in self.children.values()]

    def end(self) -> None:
        self.control.close()
        os.waitpid(self.process, 0)


def memory(process: int) -> tuple[float, float, float]:
    """PSS, RSS and private memory of a process, in MiB."""
    found = {}
    try:
        for line in open(f"/proc/{process}/smaps_rollup"):
            name, _, rest = line.partition(":")
            if name in ("Pss", "Rss", "Private_Clean", "Private_Dirty"):
                found[name] = int(rest.split()[0]) / 1024
    except OSError:
        return 0, 0, 0
    return found.get("Pss", 0), found.get("Rss", 0), found.get("Private_Clean", 0) + found.get("Private_Dirty", 0)


def row(label: str, *values: str) -> None:
    print(f"  {label:<46}" + "".join(f"{value:>14}" for value in values), flush=True)


def measure_children(options, signatures, scratch, content, count: int) -> None:
    scanner = Scanner(options, signatures, scratch, count)
    loaded = scanner.await_children(count)
    print(f"\n{count} child{'ren' if count > 1 else ''}")
    row("time to load", f"{loaded:.2f} s")
    row("", "all PSS", "first RSS", "child RSS", "child private")
    def show(label: str) -> None:
        time.sleep(0.5)
        pss = sum(memory(process)[0] for process in scanner.processes())
        children = [memory(child.process) for child in scanner.children.values()]
        row(label, f"{pss:.0f}", f"{memory(scanner.process)[1]:.0f}", f"{max(one[1] for one in children):.0f}",
            f"{max(one[2] for one in children):.1f}")  # fmt: skip
    show("before the first scan")
    start = time.monotonic()
    for number, one in enumerate(content):
        scanner.children[number % count].scan(one)
    each = (time.monotonic() - start) / len(content)
    show(f"after {len(content)} files ({each * 1000:.1f} ms each)")
    if count == 1:
        measure_replacement(scanner)
    scanner.end()


def measure_replacement(scanner: Scanner) -> None:
    """Kills a child that has scanned. Measures the time until the next child's socket arrives, and until its first answer."""
    handed, answered = [], []
    for _ in range(10):
        start = time.monotonic()
        os.kill(scanner.children[0].process, signal.SIGKILL)
        while scanner.report() != CHILD_STARTED:
            pass
        handed.append((time.monotonic() - start) * 1000)
        scanner.children[0].scan(b"plain words")
        answered.append((time.monotonic() - start) * 1000)
    print("\na dead child's replacement (10 times)")
    row("", "median", "longest")
    row("until its socket is handed over", f"{statistics.median(handed):.0f} ms", f"{max(handed):.0f} ms")
    row("until its first answer", f"{statistics.median(answered):.0f} ms", f"{max(answered):.0f} ms")


def descendants(process: int) -> list[int]:
    found = []
    try:
        for child in open(f"/proc/{process}/task/{process}/children").read().split():
            found += [int(child), *descendants(int(child))]
    except OSError:
        pass
    return found


def scanners_of(worker: int) -> list[int]:
    """The worker's scanners and their children; its threads have no other child processes."""
    found = []
    for task in os.listdir(f"/proc/{worker}/task"):
        for child in open(f"/proc/{worker}/task/{task}/children").read().split():
            found += [int(child), *descendants(int(child))]
    return found


def measure_switch(options, signatures, folder) -> None:
    """Adds one signature to a worker's set. The worker's log says when it switched."""
    (folder / "pipelines").mkdir()
    (folder / "pipelines/bench.yaml").write_text(PIPELINE)
    cloud = Cloud(folder / "cloud.log")
    cloud.create_resources()
    worker = subprocess.Popen(
        [str(pathlib.Path(options.scanner).parent / "lazaret"), "run", "--queue", cloud.queue,
         "--pipelines", str(folder / "pipelines"), "--ledger", f"sqlite:{folder}/bench.db", "--scanners", "2",
         "--signatures", str(signatures), "--signature-interval", "1", "--matching", options.matching],
        env=cloud.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        preexec_fn=die_with_parent,
    )  # fmt: skip
    os.set_blocking(worker.stderr.fileno(), False)
    def total() -> float:
        return sum(memory(process)[0] for process in scanners_of(worker.pid))
    def await_line(message: str) -> tuple[dict, float]:
        """Returns the log line, and the peak memory until it came."""
        start, text, peak = time.monotonic(), b"", 0.0
        while time.monotonic() - start < TIMEOUT:
            text += worker.stderr.read() or b""
            for line in text.splitlines():
                if f'"message":"{message}"'.encode() in line and line.endswith(b"}"):
                    return json.loads(line), peak
            peak = max(peak, total())
            time.sleep(0.02)
        sys.exit(f"the worker did not log '{message}':\n{text.decode()[-2000:]}")
    try:
        await_line("scanner is ready")
        time.sleep(2)
        before = total()
        (signatures / "one-more.ndb").write_text("Bench.One-More:0:*:" + "ab12cd34" * 5 + "\n")
        changed = time.monotonic()
        line, peak = await_line("signatures switched")
        passed = time.monotonic() - changed
        while len(scanners_of(worker.pid)) != 3:
            time.sleep(0.02)
        time.sleep(1)
        print("\na switch of signatures in a worker with two children")
        row("from the file's change, checked every second", f"{passed:.2f} s")
        row("from the load's start to the switch", f"{line['milliseconds'] / 1000:.2f} s")
        row("PSS before, at its peak, after", f"{before:.0f}", f"{peak:.0f}", f"{total():.0f}")
    finally:
        worker.terminate()
        worker.wait()
        cloud.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=float, default=1.0)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--matching", choices=["whole", "filtered"], default="whole")
    parser.add_argument("--scanner", default=str(ROOT / ".build/release/lazaret-scanner"))
    options = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("needs root to read the memory of the scanner's children")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="lazaret-bench."))
    try:
        signatures, scratch = folder / "signatures", folder / "scratch"
        scratch.mkdir()
        count = generated.write(signatures, options.rows)
        print(f"{count:,} generated signatures; {os.cpu_count()} cores; memory in MiB")
        content = samples(options.files)
        for children in (1, 8):
            measure_children(options, signatures, scratch, content, children)
        measure_switch(options, signatures, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
