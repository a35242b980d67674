"""A clean Debian with a systemd of its own, by systemd-nspawn."""

import pathlib
import shutil
import subprocess
import time

import bench

# A Debian that can boot; kept between runs.
BASE = bench.ROOT / ".build/deploy-base.tar"
LEDGER = ["--ledger", "sqlite:/var/lib/lazaret/lazaret.db"]


def base() -> None:
    if not BASE.exists():
        subprocess.run(
            ["mmdebstrap", "--quiet", "--variant=minbase", "--include=systemd,systemd-sysv,dbus,procps,ca-certificates",
             "bookworm", str(BASE), str(bench.ROOT / "deploy/image/debian.list")], check=True)


class Machine:
    """A booted Debian in a folder. Its network is this machine's, where the local cloud listens on loopback."""

    def __init__(self, folder: pathlib.Path):
        self.root = folder
        folder.mkdir()
        subprocess.run(["tar", "--extract", "--file", BASE, "--directory", folder], check=True)
        shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
        self.console = (folder.parent / "console").open("wb")
        self.process = subprocess.Popen(
            ["systemd-nspawn", "--quiet", "--directory", str(folder), "--register=no", "--keep-unit", "--boot",
             "--resolv-conf=off", "--timezone=off",
             # Calls that systemd-nspawn forbids by itself, and that machines allow.
             "--system-call-filter=landlock_create_ruleset landlock_add_rule landlock_restrict_self"],
            stdin=subprocess.DEVNULL, stdout=self.console, stderr=self.console)
        self.leader = self.await_(self.find_leader, "the machine's first process")
        self.await_(lambda: self.ask("systemctl", "is-system-running") in ("running", "degraded"), "the machine's start")

    def find_leader(self) -> str:
        tasks = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return next(iter(tasks.read_text().split()), "")

    def await_(self, condition, what: str, limit: float = 90):
        end = time.monotonic() + limit
        while not (value := condition()):
            if self.process.poll() is not None or time.monotonic() > end:
                bench.fail(f"{what} did not come; the console:\n" + (self.root.parent / "console").read_text(errors="replace")[-2000:])
            time.sleep(0.2)
        return value

    def run(self, *words: str, checks: bool = True) -> subprocess.CompletedProcess:
        done = subprocess.run(
            ["nsenter", "--target", self.leader, "--all", "--", "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
             "DEBIAN_FRONTEND=noninteractive", *words],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if checks and done.returncode != 0:
            bench.fail(f"{' '.join(words)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def ask(self, *words: str) -> str:
        return self.run(*words, checks=False).stdout.strip()

    def property(self, name: str) -> str:
        return self.ask("systemctl", "show", "--property", name, "--value", "lazaret")

    def journal(self) -> str:
        return self.ask("journalctl", "--unit", "lazaret", "--no-pager", "--lines", "30", "--output", "cat")

    def await_ready(self, what: str) -> None:
        try:
            self.await_(lambda: self.property("ActiveState") == "active", what)
        except bench.demo.Failed as failure:
            bench.fail(f"{failure}\n{self.journal()}")

    def install(self, *packages: str | pathlib.Path) -> None:
        """Installs packages by their names or files."""
        self.run("apt-get", "update")
        for file in packages:
            if isinstance(file, pathlib.Path):
                shutil.copy(file, self.root / "root")
        names = [f"/root/{package.name}" if isinstance(package, pathlib.Path) else package for package in packages]
        self.run("apt-get", "install", "--yes", "--no-install-recommends", *names)

    def lazaret(self, *words: str) -> str:
        """A command of lazaret, by its user, on the unit's ledger."""
        return self.run("setpriv", "--reuid=lazaret", "--regid=lazaret", "--clear-groups", "lazaret", *words).stdout

    def start(self) -> None:
        """Starts the unit, and waits until the worker takes on work."""
        if self.run("systemctl", "start", "lazaret", checks=False).returncode != 0:
            bench.fail(f"the unit did not start:\n{self.journal()}")
        self.await_ready("the worker")

    def jobs(self) -> dict[str, dict]:
        return bench.Station.parse(self.lazaret("jobs", "list", "--limit", "1000", "--json", *LEDGER))

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def configure(machine: Machine, station: bench.Station) -> None:
    """What docs/DEPLOY.md asks of a person."""
    shutil.copytree(bench.SIGNATURES, machine.root / "var/lib/clamav", dirs_exist_ok=True)
    rules = machine.root / "etc/lazaret/pipelines.d/uploads.yaml"
    shutil.copy(bench.PIPELINES / "uploads.yaml", rules)
    lines = [f"{name}={value}" for name, value in station.settings.items()]
    (machine.root / "etc/lazaret/environment").write_text("\n".join(lines) + "\n")


def check_sandbox(machine: Machine) -> None:
    """The worker has started with `--require-sandbox=all`, so each layer is there; its children prove two of them."""
    main = machine.property("MainPID")
    children = machine.ask("pgrep", "--parent", machine.ask("pgrep", "--parent", main, "lazaret-scanner")).split()
    if not children:
        bench.fail("the scanner has no children")
    status = machine.ask("cat", f"/proc/{children[0]}/status")
    for line in ("Seccomp:\t2", "NoNewPrivs:\t1", "CapEff:\t0000000000000000"):
        if line not in status:
            bench.fail(f"a scanner child lacks {line!r}:\n{status}")
    if machine.ask("readlink", f"/proc/{children[0]}/ns/net") == machine.ask("readlink", f"/proc/{main}/ns/net"):
        bench.fail("a scanner child has the worker's network")
