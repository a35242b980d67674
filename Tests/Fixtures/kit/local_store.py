"""Runs another store that speaks S3 on a free port of 127.0.0.1, for as long as somebody holds this process's standard input
open: `local_store.py moto` or `local_store.py rclone`.

Prints one line once it listens: {"endpoint": "http://127.0.0.1:PORT", "pid": N}. moto keeps its state in memory, rclone in a
temporary folder that goes with it. Nothing is left running when standard input ends, whatever ended it.
"""

import ctypes
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading

PR_SET_PDEATHSIG = 1


def announce(port: int) -> None:
    print(json.dumps({"endpoint": f"http://127.0.0.1:{port}", "pid": os.getpid()}), flush=True)


def end_with_standard_input(end) -> None:
    def wait() -> None:
        sys.stdin.read()
        end()
        os._exit(0)

    threading.Thread(target=wait, daemon=True).start()


def run_moto() -> None:
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test", AWS_DEFAULT_REGION="us-east-1")
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    end_with_standard_input(lambda: None)
    announce(server.get_host_and_port()[1])
    threading.Event().wait()


def run_rclone() -> None:
    folder = tempfile.mkdtemp(prefix="lazaret-rclone-")
    program = os.path.join(os.path.dirname(sys.executable), "rclone")

    def die_with_parent() -> None:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    rclone = subprocess.Popen(
        [program, "serve", "s3", folder, "--addr", "127.0.0.1:0", "--auth-key", "test,test", "--vfs-cache-mode", "off",
         "-v", "--config", "/dev/null"],
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, preexec_fn=die_with_parent)  # fmt: skip

    def end() -> None:
        rclone.kill()
        shutil.rmtree(folder, ignore_errors=True)

    end_with_standard_input(end)
    for line in rclone.stderr:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            announce(int(found[1]))
            break
    # Read on, or rclone would stop at a full pipe.
    for line in rclone.stderr:
        if os.environ.get("LAZARET_CLOUD_LOG"):
            sys.stderr.write(line)


if __name__ == "__main__":
    {"moto": run_moto, "rclone": run_rclone}[sys.argv[1]]()
