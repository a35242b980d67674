"""Lazaret's whole job on this machine, in half a minute: `make demo`.

This script plays the browser and the cloud's operator. What became of each file is taken from `lazaret jobs list`, and
then compared with what the buckets really hold; where the two differ, or a file was not judged as it should have been, the
demo fails.
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

SCENE = ROOT / ".demo"
LAZARET = ROOT / ".build/release/lazaret"
LEDGER = "sqlite:.demo/lazaret.db"
PIPELINES = "samples/pipelines"
SIGNATURES = "samples/signatures"
PATIENCE = 120  # seconds until everything must be settled


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
        stderr=(SCENE / "worker.log").open("wb"), start_new_session=True, preexec_fn=die_with_parent,
    )  # fmt: skip


def end(worker: subprocess.Popen) -> None:
    if worker.poll() is None:
        worker.terminate()
        try:
            worker.wait(10)
        except subprocess.TimeoutExpired:
            worker.kill()
            worker.wait()


def await_worker(worker: subprocess.Popen) -> dict:
    """Waits until the worker found nothing more to do. Gives its closing line."""
    try:
        code = worker.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        raise Failed(f"the worker had not settled everything after {PATIENCE} s") from None
    log = (SCENE / "worker.log").read_text(errors="replace").splitlines()
    if code != 0:
        raise Failed(f"the worker ended with {code}:\n" + "\n".join(log[-5:]))
    closing = json.loads(log[-1])
    if closing.get("message") != "finished":
        raise Failed(f"the worker's last line is not its summary: {log[-1]}")
    return closing


def list_jobs() -> dict[str, dict]:
    """What the ledger says, by key."""
    command = [str(LAZARET), "jobs", "list", "--ledger", LEDGER, "--limit", "1000", "--json"]
    told = subprocess.run(command, cwd=ROOT, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=60)
    if told.returncode != 0:
        raise Failed(f"lazaret jobs list ended with {told.returncode}:\n{told.stderr}")
    jobs = [json.loads(line) for line in told.stdout.splitlines()]
    by_key = {job["key"]: job for job in jobs}
    if len(by_key) != len(jobs):
        raise Failed("the ledger holds more than one job of a key that was uploaded once")
    return by_key


def place_of(job: dict) -> tuple[str, str] | None:
    """Where the ledger says the object is now; None where it was deleted."""
    match job.get("disposition"):
        case "deleted":
            return None
        case "promoted" | "quarantined":
            return job["destination"]["bucket"], job["destination"]["key"]
        case _:
            return job["bucket"], job["key"]


def check(cloud: Cloud, sent: list[Upload], jobs: dict[str, dict]) -> None:
    """Compares the ledger with the buckets, and both with what was to be expected."""
    wrong = []
    held = cloud.everything()
    accounted = set()
    for upload in sent:
        job = jobs.get(upload.key)
        if job is None:
            wrong.append(f"{upload.key}: the ledger has no job of it")
            continue
        if job.get("verdict") != upload.verdict:
            wrong.append(f"{upload.key}: expected to be {upload.verdict}; the ledger says {json.dumps(job)}")
        place = place_of(job)
        if place is None:
            continue
        accounted.add(place)
        if held.get(place) != upload.body:
            wrong.append(f"{upload.key}: s3://{place[0]}/{place[1]} does not hold its bytes")
        if upload.verdict == "clean" and place[0] != MEDIA:
            wrong.append(f"{upload.key}: clean, and not in {MEDIA}")
        if place[0] == QUARANTINE:
            kind, shown = cloud.headers(*place)
            if kind != "application/octet-stream" or not shown.startswith("attachment"):
                wrong.append(f"{upload.key}: quarantined, and not inert: {kind}, {shown}")
    wrong += [f"s3://{bucket}/{key} should not be there" for bucket, key in held.keys() - accounted]
    wrong += [f"{key}: a job of something not uploaded" for key in jobs.keys() - {upload.key for upload in sent}]
    for name, queue in (("queue", cloud.queue), ("dead-letter queue", cloud.dead_letters)):
        if left := cloud.waiting(queue):
            wrong.append(f"the {name} still holds {left} messages")
    if wrong:
        raise Failed("the ledger and the buckets do not agree with what was expected:\n  " + "\n  ".join(wrong))


def row(upload: Upload, job: dict) -> dict[str, str]:
    place = place_of(job)
    names = dict.fromkeys(finding["name"] for finding in job.get("findings") or [])
    return {
        "file": upload.key.removeprefix("uploads/"),
        "declared": upload.declared,
        "detected": (job.get("type") or {}).get("detected") or "-",
        "verdict": job.get("verdict") or job["outcome"],
        "finding": ", ".join(names) or job.get("error") or "-",
        "done": job.get("disposition") or "-",
        "now": f"s3://{place[0]}/{place[1]}" if place else "nowhere: deleted",
    }


def closing_words(closing: dict, jobs: dict[str, dict]) -> None:
    infected = next(job["job"] for job in jobs.values() if job["verdict"] == "infected")
    program = LAZARET.relative_to(ROOT)
    say()
    say(
        f"{closing['objects']} objects, {closing['bytes']:,} bytes in {closing['seconds']:.1f} s; processor time:"
        f" worker {closing['workerCPUSeconds']:.2f} s, scanners {closing['scannerCPUSeconds']:.2f} s"
    )
    say("The buckets hold what the ledger says. The queue and its dead-letter queue are empty.")
    say()
    say("Where to look next:")
    say(f"  {program} jobs list --ledger {LEDGER} --verdict infected")
    say(f"  {program} jobs show {infected} --ledger {LEDGER}")
    say(f"  {program} scan samples/files/* --pipelines {PIPELINES} --pipeline uploads --signatures {SIGNATURES}")
    say("  samples/pipelines/uploads.yaml    the rules these files went by")
    say("  .demo/worker.log                  what the worker said, a line an outcome")


def main() -> None:
    if not LAZARET.exists():
        raise Failed("there is no release build: run `make demo`, which makes one")
    shutil.rmtree(SCENE, ignore_errors=True)
    SCENE.mkdir()
    sent = uploads()
    cloud = Cloud(SCENE / "cloud.log")
    worker = None
    try:
        cloud.furnish()
        say(f"A local cloud at {cloud.endpoint}: buckets {INCOMING}, {MEDIA}, {QUARANTINE}, and a queue.")
        worker = start_worker(cloud)
        say("A worker: lazaret run --queue …/uploads --until-idle 3")
        begun = time.monotonic()
        for upload in sent:
            (cloud.upload_in_parts if upload.in_parts else cloud.upload)(upload.key, upload.body, upload.declared)
        say(f"{len(sent)} files uploaded by presigned URLs in {time.monotonic() - begun:.1f} s. Waiting for the worker …")
        say()
        closing = await_worker(worker)
        jobs = list_jobs()
        print_table([row(upload, jobs[upload.key]) for upload in sent if upload.key in jobs])
        check(cloud, sent, jobs)
        closing_words(closing, jobs)
    finally:
        # A second Ctrl-C does not interrupt the tidying up.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        if worker:
            end(worker)
        cloud.close()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        main()
    except Failed as failure:
        sys.exit(f"demo: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
