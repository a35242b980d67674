"""A folder with the members as files, and tools run in it."""

import os
import subprocess
import tempfile

# All files have one time, so that a container depends on its members alone wherever its tool allows that.
_TIME = 1_700_000_000
_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
    "SOURCE_DATE_EPOCH": str(_TIME),
}


class Workbench:
    """Files by name in a temporary folder; `run` returns the standard output of a tool in it."""

    def __init__(self, members):
        self.members = members
        self.names = [name for name, _ in members]

    def __enter__(self):
        self._room = tempfile.TemporaryDirectory()
        self.folder = self._room.name
        os.mkdir(self.path("in"))
        for name, data in self.members:
            self.write("in/" + name, data)
        return self

    def __exit__(self, *_):
        self._room.cleanup()

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        os.utime(self.path(name), (_TIME, _TIME))

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def run(self, *command, input=b"", cwd=None, status=(0,)):
        """Runs a tool in the folder of the members, or in another one, and returns what it prints."""
        done = subprocess.run(
            command,
            cwd=self.path(cwd or "in"),
            input=input,
            env={**_ENVIRONMENT, "HOME": self.folder},
            timeout=60,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        if done.returncode not in status:
            raise RuntimeError(f"{' '.join(command)}: {done.returncode} {done.stderr.decode(errors='replace')[-300:]}")
        return done.stdout
