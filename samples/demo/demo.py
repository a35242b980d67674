"""All of Lazaret on this machine, in half a minute: `make demo`.

This script plays the browser and the cloud's operator. It reads the outcome of each file from `lazaret jobs list` and
compares it with the contents of the buckets. The demo fails if they differ, or if a file has an unexpected verdict.
"""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import time

from cloud import INCOMING, MEDIA, QUARANTINE, ROOT, Cloud, die_with_parent
from table import print_table
from uploads import Upload, uploads

FOLDER = ROOT / ".demo"
LAZARET = ROOT / ".build/release/lazaret"
LEDGER = "sqlite:.demo/lazaret.db"
REPORT = FOLDER / "report.html"
PIPELINES = "samples/pipelines"
SIGNATURES = "samples/signatures"
TIMEOUT = 120  # seconds


class Failed(Exception):
    pass


def say(text: str = "") -> None:
    print(text, flush=True)


def start_worker(cloud: Cloud) -> subprocess.Popen:
    command = [
        str(LAZARET), "run", "--queue", cloud.queue, "--pipelines", PIPELINES, "--ledger", LEDGER,
        "--signatures", SIGNATURES, "--until-idle", "3",
    ]  # fmt: skip
    return subprocess.Popen(
        command, cwd=ROOT, env=cloud.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=(FOLDER / "worker.log").open("wb"), start_new_session=True, preexec_fn=die_with_parent,
    )  # fmt: skip


def stop(worker: subprocess.Popen) -> None:
    if worker.poll() is None:
        worker.terminate()
        try:
            worker.wait(10)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def await_worker(worker: subprocess.Popen) -> dict:
    """Waits until the worker is idle and exits. Returns its summary."""
    try:
        code = worker.wait(TIMEOUT)
    except subprocess.TimeoutExpired:
        raise Failed(f"the worker had not settled everything after {TIMEOUT} s") from None
    log = (FOLDER / "worker.log").read_text(errors="replace").splitlines()
    if code != 0:
        raise Failed(f"the worker exited with {code}:\n" + "\n".join(log[-5:]))
    summary = json.loads(log[-1])
    if summary.get("message") != "finished":
        raise Failed(f"the worker's last line is not its summary: {log[-1]}")
    return summary


def run_lazaret(*words: str) -> str:
    """Runs a command of lazaret on the demo's ledger. Returns what it printed."""
    command = [str(LAZARET), *words, "--ledger", LEDGER]
    ended = subprocess.run(command, cwd=ROOT, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60)
    if ended.returncode != 0:
        raise Failed(f"lazaret {words[0]} {words[1]} exited with {ended.returncode}:\n{ended.stderr}")
    return ended.stdout


def list_jobs() -> dict[str, dict]:
    """The jobs in the ledger, by key."""
    jobs = [json.loads(line) for line in run_lazaret("jobs", "list", "--limit", "1000", "--json").splitlines()]
    by_key = {job["key"]: job for job in jobs}
    if len(by_key) != len(jobs):
        raise Failed("the ledger has more than one job for a key that was uploaded once")
    return by_key


def location_of(job: dict) -> tuple[str, str] | None:
    """Where the object is now, by the ledger; None if it was deleted."""
    match job.get("disposition"):
        case "deleted":
            return None
        case "promoted" | "quarantined":
            return job["destination"]["bucket"], job["destination"]["key"]
        case _:
            return job["bucket"], job["key"]


def check(cloud: Cloud, sent: list[Upload], jobs: dict[str, dict]) -> None:
    """Compares the ledger with the buckets, and both with the expected verdicts."""
    wrong = []
    held = cloud.all_objects()
    accounted = set()
    for upload in sent:
        job = jobs.get(upload.key)
        if job is None:
            wrong.append(f"{upload.key}: the ledger has no job for it")
            continue
        if job.get("verdict") != upload.verdict:
            wrong.append(f"{upload.key}: expected {upload.verdict}; the ledger has {json.dumps(job)}")
        location = location_of(job)
        if location is None:
            continue
        accounted.add(location)
        if held.get(location) != upload.body:
            wrong.append(f"{upload.key}: s3://{location[0]}/{location[1]} does not hold its bytes")
        if upload.verdict == "clean" and location[0] != MEDIA:
            wrong.append(f"{upload.key}: clean, but not in {MEDIA}")
        if location[0] == QUARANTINE:
            content_type, disposition = cloud.headers(*location)
            if content_type != "application/octet-stream" or not disposition.startswith("attachment"):
                wrong.append(f"{upload.key}: quarantined, but not inert: {content_type}, {disposition}")
    wrong += [f"s3://{bucket}/{key} should not be there" for bucket, key in held.keys() - accounted]
    wrong += [f"{key}: a job without an upload" for key in jobs.keys() - {upload.key for upload in sent}]
    for name, queue in (("queue", cloud.queue), ("dead-letter queue", cloud.dead_letters)):
        if left := cloud.waiting(queue):
            wrong.append(f"the {name} still holds {left} messages")
    if wrong:
        raise Failed("the ledger and the buckets are not as expected:\n  " + "\n  ".join(wrong))


def row(upload: Upload, job: dict) -> dict[str, str]:
    location = location_of(job)
    names = dict.fromkeys(finding["name"] for finding in job.get("findings") or [])
    return {
        "file": upload.key.removeprefix("uploads/"),
        "declared": upload.declared,
        "detected": (job.get("type") or {}).get("detected") or "-",
        "verdict": job.get("verdict") or job["outcome"],
        "finding": ", ".join(names) or job.get("error") or "-",
        "disposition": job.get("disposition") or "-",
        "location": f"s3://{location[0]}/{location[1]}" if location else "(deleted)",
    }


def print_review(jobs: dict[str, dict]) -> None:
    """Shows what a security team sees: what waits for its decision, and a report to mail or print."""
    listed = run_lazaret("quarantine", "list")
    pending = [job for job in jobs.values() if job["disposition"] == "quarantined"]
    if missing := [job["job"] for job in pending if job["job"] not in listed]:
        raise Failed(f"lazaret quarantine list lacks {missing}")
    say()
    say("lazaret quarantine list")
    say(listed.rstrip("\n"))
    run_lazaret("report", "--since", "1h", "--output", str(REPORT))


def print_summary(summary: dict, jobs: dict[str, dict]) -> None:
    infected = next(job["job"] for job in jobs.values() if job["verdict"] == "infected")
    program = LAZARET.relative_to(ROOT)
    say()
    say(
        f"{summary['objects']} objects, {summary['bytes']:,} bytes in {summary['seconds']:.1f} s; processor time:"
        f" worker {summary['workerCPUSeconds']:.2f} s, scanners {summary['scannerCPUSeconds']:.2f} s"
    )
    say("The buckets hold what the ledger says. The queue and its dead-letter queue are empty.")
    say()
    say("Next:")
    say(f"  {program} jobs list --ledger {LEDGER} --verdict infected")
    say(f"  {program} jobs show {infected} --ledger {LEDGER}")
    say(f"  {program} scan samples/files/* --pipelines {PIPELINES} --pipeline uploads --signatures {SIGNATURES}")
    say("  samples/pipelines/uploads.yaml    the rules of this demo")
    say("  .demo/worker.log                  the worker's log, one line per outcome")
    say("  .demo/report.html                 lazaret report: what arrived, and what became of it")


def main() -> None:
    if not LAZARET.exists():
        raise Failed("there is no release build: run `make demo`, which builds one")
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    sent = uploads()
    cloud = Cloud(FOLDER / "cloud.log")
    worker = None
    try:
        cloud.create_resources()
        say(f"A local cloud at {cloud.endpoint}: buckets {INCOMING}, {MEDIA}, {QUARANTINE}, and a queue.")
        worker = start_worker(cloud)
        say("A worker: lazaret run --queue …/uploads --until-idle 3")
        start = time.monotonic()
        for upload in sent:
            (cloud.upload_in_parts if upload.in_parts else cloud.upload)(upload.key, upload.body, upload.declared)
        say(f"{len(sent)} files uploaded by presigned URLs in {time.monotonic() - start:.1f} s. Waiting for the worker …")
        say()
        summary = await_worker(worker)
        jobs = list_jobs()
        print_table([row(upload, jobs[upload.key]) for upload in sent if upload.key in jobs])
        check(cloud, sent, jobs)
        print_review(jobs)
        print_summary(summary, jobs)
    finally:
        # A second Ctrl-C does not interrupt the clean-up.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if worker:
            stop(worker)
        cloud.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except Failed as failure:
        sys.exit(f"demo: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
