"""`make app-demo`: a local cloud, a worker, and the application of this folder, until Ctrl-C."""

import base64
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "samples/demo"))

from cloud import INCOMING, Cloud, die_with_parent  # noqa: E402

FOLDER = ROOT / ".demo"
LAZARET = ROOT / ".build/release/lazaret"


def start(command: list[str], environment: dict[str, str], log: str, **more) -> subprocess.Popen:
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stderr=(FOLDER / log).open("wb"),
        start_new_session=True, preexec_fn=die_with_parent, **more,
    )  # fmt: skip


def allow_browsers(cloud: Cloud) -> None:
    """Lets pages of other origins upload to the bucket."""
    rule = {"AllowedOrigins": ["*"], "AllowedMethods": ["PUT", "POST"], "AllowedHeaders": ["*"]}
    cloud.s3.put_bucket_cors(Bucket=INCOMING, CORSConfiguration={"CORSRules": [rule]})


def write_pipelines(url: str) -> None:
    """The rules of the demo, which notify the application as well."""
    folder = FOLDER / "pipelines"
    folder.mkdir()
    rules = (ROOT / "samples/pipelines/uploads.yaml").read_text()
    notify = f'notify:\n  - webhook: {{ url: "{url}/hook", secrets: ["env:HOOK_SECRET"] }}\n    received: true\n'
    before, then = rules.split("\nthen:", 1)
    (folder / "uploads.yaml").write_text(f"{before}\n{notify}then:{then}")


def main() -> None:
    if not LAZARET.exists():
        sys.exit("app-demo: there is no release build: run `make app-demo`, which builds one")
    port = sys.argv[1] if len(sys.argv) > 1 else "8000"
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    cloud = Cloud(FOLDER / "cloud.log")
    running = []
    try:
        cloud.create_resources()
        allow_browsers(cloud)
        secret = "whsec_" + base64.b64encode(os.urandom(32)).decode()
        environment = {**cloud.environment, "HOOK_SECRET": secret}
        app = start(
            [sys.executable, "samples/app/server.py", "--bucket", INCOMING, "--port", port], environment, "app.log",
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        running.append(app)
        greeting = app.stdout.readline()
        if not greeting:
            sys.exit(f"app-demo: the application did not start:\n{(FOLDER / 'app.log').read_text()}")
        url = json.loads(greeting)["url"]
        write_pipelines(url)
        worker = start(
            [
                str(LAZARET), "run", "--queue", cloud.queue, "--pipelines", ".demo/pipelines",
                "--ledger", "sqlite:.demo/lazaret.db", "--signatures", "samples/signatures",
            ], environment, "worker.log", stdout=subprocess.DEVNULL,
        )  # fmt: skip
        running.append(worker)
        print(f"Upload files at {url} (samples/files has some). Ctrl-C ends it.", flush=True)
        print(f"For the commands: --ledger sqlite:.demo/lazaret.db; AWS_ENDPOINT_URL={cloud.endpoint}", flush=True)
        code = worker.wait()
        sys.exit(f"app-demo: the worker ended with {code}; see .demo/worker.log")
    finally:
        # A second Ctrl-C does not interrupt the clean-up.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        for process in reversed(running):
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
        cloud.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
