"""Tests deploy/policies: parliament; the permissions of docs/SETUP.md and of deploy/aws/lazaret.yaml, action by action; and what
they do on MiniStack, which enforces policies of identities and buckets. One condition key, s3:RequestObjectTagKeys, is unknown
to its S3: policies with it are put to its evaluator alone, with the tags of a request as a table."""

import concurrent.futures
import json
import pathlib
import re
import subprocess

from kit import EICAR, ROOT, TOOLS, Cloud, Failures, left_in, refusal, template

FOLDER = ROOT / "deploy/policies"
WORKER = "arn:aws:iam::123456789012:role/lazaret"


def read(name):
    return json.loads((FOLDER / f"{name}.json").read_text())


def actions(statement):
    value = statement["Action"]
    return {value} if isinstance(value, str) else set(value)


def lint(failures):
    script = "import json, parliament, sys; print(json.dumps([str(f) for f in parliament.analyze_policy_string(sys.stdin.read()).findings]))"
    for path in sorted(FOLDER.glob("*.json")):
        document = json.loads(path.read_text())
        if "trust" in path.name:  # A trust policy has no Resource, which parliament asks for.
            document["Statement"][0]["Resource"] = WORKER
        done = subprocess.run(
            [TOOLS / "python", "-c", script], input=json.dumps(document), capture_output=True, text=True)
        failures.expect(done.stdout.strip() == "[]", f"parliament: {path.name}: {done.stdout}{done.stderr}")


def rows():
    """The table of docs/SETUP.md, "Permissions", as (for, on) to actions."""
    page = (ROOT / "docs/SETUP.md").read_text().split("## Permissions")[1].split("\n## ")[0]
    found = {}
    for who, what, cell in re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", page, re.MULTILINE)[1:]:
        service, names = "s3", set()
        for name in re.findall(r"`([a-z0-9]+:\w+|[A-Z]\w+)`", cell):
            if ":" in name:
                service, name = name.split(":")
            names.add(f"{service}:{name}")
        found[who.replace("`", ""), what] = names
    return found


def match_the_page(failures):
    table = rows()
    worker = {s["Sid"]: actions(s) for s in read("worker")["Statement"]}
    failures.expect(worker["Queue"] == table["run", "the queue"], f"queue: {worker['Queue']}")
    failures.expect(worker["ListBuckets"] | worker["Incoming"] == table["run", "incoming bucket"], "incoming bucket")
    failures.expect(
        worker["ListBuckets"] | worker["ListUploads"] | worker["Destinations"] == table["run", "destination buckets"],
        "destination buckets")  # fmt: skip
    failures.expect(worker["Keys"] == table["run, buckets under a KMS key", "the key"], "key")
    tagging = set().union(*map(actions, read("worker-tagging")["Statement"]))
    failures.expect(tagging == table["run, pipelines that tag in place", "incoming bucket"], f"tagging: {tagging}")
    reviewer = set().union(*map(actions, read("reviewer")["Statement"]))
    needed = table["quarantine show, fetch, rescan", "quarantine"] | table["run", "destination buckets"]
    needed |= {"s3:GetObjectTagging", "s3:GetObjectVersionTagging"}
    needed |= table["quarantine hold, unhold", "quarantine with Object Lock"] | worker["Keys"]
    failures.expect(reviewer == needed, f"reviewer: {reviewer ^ needed}")
    failures.expect(
        {"sts:AssumeRole"} == actions(read("worker-assume-role")["Statement"][0])
        == table["run, pipelines with a role", "that role"], "roles")  # fmt: skip


def match_the_template(failures):
    """The worker's role in the template has the same statements, and one more for the metrics agent beside it."""
    resources = template()["Resources"]
    found = {}
    for statement in resources["WorkerRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]:
        statement = statement["Fn::If"][1] if "Fn::If" in statement else statement
        found[statement["Sid"]] = actions(statement)
    agent = found.pop("MetricsAgent")
    failures.expect(all(action.startswith("logs:") for action in agent), f"agent: {agent}")
    wanted = {}
    for name in ("worker", "worker-tagging", "worker-assume-role"):
        wanted.update({s["Sid"]: actions(s) for s in read(name)["Statement"]})
    failures.expect(found == wanted, f"template: {found}")
    for role, name in (("ReviewerRole", "reviewer"), ("UploaderPolicy", "uploader")):
        properties = resources[role]["Properties"]
        document = properties.get("PolicyDocument") or properties["Policies"][0]["PolicyDocument"]
        failures.expect(
            {s["Sid"]: actions(s) for s in document["Statement"]} == {s["Sid"]: actions(s) for s in read(name)["Statement"]},
            f"template: {role}")  # fmt: skip


def tags_of_requests(failures):
    """Who may set which tags on an incoming object, by both bucket policies."""
    from ministack.core.iam_evaluator import EvalContext, evaluate_resource_policy

    def decision(policy, who, action, tags):
        context = EvalContext(
            principal_arn=who, principal_type="AssumedRole", principal_account="123456789012", action=action,
            resource_arn="arn:aws:s3:::acme-incoming/uploads/a", region="eu-central-1",
            service_context={"s3:requestobjecttagkeys": tags or None}, principal_keys={}, secure_transport=True,
        )  # fmt: skip
        return evaluate_resource_policy(read(policy), context).decision

    other = "arn:aws:iam::123456789012:role/uploader"
    cases = [
        (other, "s3:PutObject", [], False), (other, "s3:PutObject", ["team"], False),
        (other, "s3:PutObject", ["scan"], True), (other, "s3:PutObject", ["team", "scan"], True),
        (other, "s3:PutObject", ["lazaret-object"], True), (other, "s3:PutObjectTagging", ["scan"], True),
        (other, "s3:PutObjectVersionTagging", ["scan"], True), (other, "s3:PutObjectTagging", ["team"], False),
        (WORKER, "s3:PutObjectTagging", ["scan"], False), (WORKER, "s3:PutObjectVersionTagging", ["scan", "team"], False),
        (WORKER + "-other", "s3:PutObjectTagging", ["scan"], True),
    ]  # fmt: skip
    for policy in ("incoming-bucket", "incoming-bucket-tagged-in-place"):
        for who, action, tags, isDenied in cases:
            found = decision(policy, who, action, tags) == "Deny"
            failures.expect(found == isDenied, f"{policy}: {who} {action} {tags}: {'denied' if found else 'not denied'}")


class Station:
    """Buckets and a queue in the cloud, and a pipeline that tags in place."""

    def __init__(self, cloud, name, pipeline):
        self.cloud, self.name = cloud, name
        self.incoming = f"{name}-incoming"
        s3, sqs = cloud.root.client("s3"), cloud.root.client("sqs")
        for bucket in ("incoming", "media", "quarantine"):
            s3.create_bucket(Bucket=f"{name}-{bucket}")
            s3.put_bucket_versioning(Bucket=f"{name}-{bucket}", VersioningConfiguration={"Status": "Enabled"})
        self.queue = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        allowed = {
            "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:s3:::{self.incoming}"}},
        }  # fmt: skip
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        sqs.set_queue_attributes(QueueUrl=self.queue, Attributes={"Policy": policy})
        wanted = {"QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}
        s3.put_bucket_notification_configuration(Bucket=self.incoming, NotificationConfiguration=wanted)
        self.folder = pathlib.Path(cloud.folder.name, name)
        (self.folder / "pipelines").mkdir(parents=True)
        (self.folder / "pipelines/p.yaml").write_text(self.fill(pipeline))

    def fill(self, text):
        """A shipped file with the names of this station."""
        for bucket in ("incoming", "media", "quarantine"):
            text = text.replace(f"acme-{bucket}", f"{self.name}-{bucket}")
        return text.replace("eu-central-1:123456789012:uploads", f"us-east-1:000000000000:{self.name}")

    def policy(self, name):
        return json.loads(self.fill((FOLDER / f"{name}.json").read_text()))

    def flags(self, ledger="lazaret"):
        return [
            "--queue", self.queue, "--pipelines", self.folder / "pipelines", "--ledger", f"sqlite:{self.folder}/{ledger}.db",
            "--signatures", ROOT / "samples/signatures", "--spool", self.folder,
        ]  # fmt: skip


def each_is_needed(failures, cloud):
    """`check` passes with worker.json, and names the action if any one is missing."""
    station = Station(cloud, "needed", (ROOT / "pipelines/uploads.yaml").read_text())
    whole = station.policy("worker")

    def check(name, policy):
        return cloud.user(f"needed-{name}", policy).lazaret("check", *station.flags())

    code, text = check("whole", whole)
    failures.expect(code == 0, f"check with worker.json: {text}")
    # In buckets with versions nothing is deleted without one; keys are not in use here. MiniStack 1.5.33 asks for
    # s3:GetObjectTagging whether or not a version is named.
    unused = {
        ("Incoming", "s3:DeleteObject"), ("Destinations", "s3:DeleteObject"), ("Incoming", "s3:GetObjectVersionTagging"),
    }  # fmt: skip
    missing = [(s["Sid"], action) for s in whole["Statement"] if s["Sid"] != "Keys" for action in sorted(actions(s))]

    def without(pair):
        policy = json.loads(json.dumps(whole))
        for statement in policy["Statement"]:
            if statement["Sid"] == pair[0]:
                statement["Action"] = sorted(actions(statement) - {pair[1]}) or ["s3:GetBucketTagging"]
        return pair, *check(f"{pair[0]}-{pair[1].split(':')[1]}", policy)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for (place, action), code, text in pool.map(without, [pair for pair in missing if pair not in unused]):
            # Listing is tried by HeadBucket, whose refusal has no name; a missing tag permission is a warning.
            named = action in text or action == "s3:ListBucket"
            failed = code == 78 or "WARNING: " + action in text or f"{action} denied" in text
            failures.expect(named and failed, f"check without {action} ({place}) ends with {code}: {text}")


def reads_by_tag(failures, cloud):
    station = Station(cloud, "by-tag", (ROOT / "pipelines/tag-only.yaml").read_text().replace("tag-only/", "uploads/"))
    root = cloud.root.client("s3")
    documents = [station.policy("worker"), station.policy("worker-tagging")]
    worker = cloud.user("by-tag-worker", *documents)
    policy = json.dumps(station.policy("incoming-bucket-tagged-in-place"))
    root.put_bucket_policy(Bucket=station.incoming, Policy=policy.replace(WORKER, "arn:aws:iam::000000000000:user/by-tag-worker"))
    everything = {"Effect": "Allow", "Action": "s3:*", "Resource": f"arn:aws:s3:::{station.incoming}/*"}
    reader = cloud.user("by-tag-reader", {"Version": "2012-10-17", "Statement": [everything]}).client("s3")
    uploader = cloud.user("by-tag-uploader", station.policy("uploader")).client("s3")
    uploader.put_object(Bucket=station.incoming, Key="uploads/clean.txt", Body=b"Nothing to see here.\n")
    uploader.put_object(Bucket=station.incoming, Key="uploads/infected.txt", Body=EICAR)

    def read(key, **version):
        return refusal(reader.get_object, Bucket=station.incoming, Key=f"uploads/{key}.txt", **version)

    failures.expect(read("clean") == "AccessDenied", "an object without a tag is read")
    code, text = worker.lazaret("check", *station.flags())
    failures.expect(code == 0, f"check of a worker that tags: {text}")
    code, text = worker.lazaret("run", "--until-idle", 3, *station.flags())
    failures.expect(code == 0, f"run of a worker that tags: {text}")
    failures.expect(left_in(cloud, station.queue) == 0, f"messages are left: {text}")
    failures.expect(read("clean") is None, "a clean object is not read")
    failures.expect(read("infected") == "AccessDenied", "an infected object is read")
    version = root.head_object(Bucket=station.incoming, Key="uploads/infected.txt")["VersionId"]
    failures.expect(read("infected", VersionId=version) == "AccessDenied", "an infected version is read")
    # Bytes that replace the clean ones have no tag.
    uploader.put_object(Bucket=station.incoming, Key="uploads/clean.txt", Body=EICAR)
    failures.expect(read("clean") == "AccessDenied", "an overwritten object keeps its tag")
    failures.expect(
        refusal(uploader.put_object_tagging, Bucket=station.incoming, Key="uploads/clean.txt",
                Tagging={"TagSet": [{"Key": "scan", "Value": "clean"}]}) == "AccessDenied", "an uploader tags")  # fmt: skip
    failures.expect(
        refusal(uploader.get_object, Bucket=station.incoming, Key="uploads/clean.txt") == "AccessDenied", "an uploader reads")


def main():
    failures = Failures()
    lint(failures)
    match_the_page(failures)
    match_the_template(failures)
    tags_of_requests(failures)
    cloud = Cloud()
    reads_by_tag(failures, cloud)
    each_is_needed(failures, cloud)
    failures.end("policies")


main()
