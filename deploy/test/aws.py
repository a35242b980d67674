"""Tests deploy/aws/lazaret.yaml: its linters, its alarms and permissions against docs/, and its storage half on MiniStack, which
enforces the roles and bucket policies that the stack created while a worker settles uploads.

The service (ECS, RDS) is only linted: no local cloud runs it.
"""

import json
import pathlib
import re
import tempfile
import time

from kit import EICAR, ROOT, Cloud, Failures, left_in, refusal, template, tool

NAMES = dict(IncomingBucket="stack-incoming", MediaBucket="stack-media", QuarantineBucket="stack-quarantine")
SERVICE = dict(
    Image="registry.example/lazaret@sha256:0", Vpc="vpc-12345678", Subnets="subnet-12345678,subnet-12345679",
    CreateDatabase="true", ReviewerPrincipal="arn:aws:iam::123456789012:role/people",
)  # fmt: skip
STORAGE = dict(Events="eventbridge", TagInPlace="true", PipelineRoles="arn:aws:iam::111122223333:role/lazaret-partner")


def lint(failures):
    code, text = tool("cfn-lint", "deploy/aws/lazaret.yaml")
    failures.expect(code == 0 and not text.strip(), f"cfn-lint: {text}")
    for parameters in (SERVICE, STORAGE):
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump({**NAMES, **parameters}, file)
            file.flush()
            code, text = tool(
                "cfripper", "deploy/aws/lazaret.yaml", "--resolve", "--resolve-parameters", file.name, "--logging", "ERROR")
        failures.expect(code == 0 and text.strip() == "Valid: True", f"cfripper: {text}")


def alarms_match_the_page(failures):
    """The table of docs/OPERATIONS.md, "What to watch", and the alarms name the same metrics, each once."""
    page = (ROOT / "docs/OPERATIONS.md").read_text().split("## What to watch")[1]
    rows = re.findall(r"^\| (.*?) \|.*\|$", page, re.MULTILINE)[1:]
    watched = sorted(name for row in rows for name in re.findall(r"`(lazaret_\w+|Approximate\w+)`", row))
    found = []
    for name, resource in template()["Resources"].items():
        if resource["Type"] != "AWS::CloudWatch::Alarm":
            continue
        properties = resource["Properties"]
        metrics = [properties.get("MetricName")]
        metrics += [entry.get("MetricStat", {}).get("Metric", {}).get("MetricName") for entry in properties.get("Metrics", [])]
        found += [metric for metric in metrics if metric]
        failures.expect(properties.get("AlarmActions"), f"{name} tells nobody")
    failures.expect(sorted(found) == watched, f"alarms {sorted(found)}, page {watched}")
    failures.expect(len(watched) >= 11, "the page's table was not read")


def task_is_confined(failures):
    containers = {c["Name"]: c for c in template()["Resources"]["Task"]["Properties"]["ContainerDefinitions"]}
    worker = containers["worker"]
    failures.expect(worker["User"] == "10001:10001" and worker["ReadonlyRootFilesystem"] is True, "the worker's user")
    failures.expect(worker["LinuxParameters"]["Capabilities"]["Drop"] == ["ALL"], "the worker's capabilities")
    variables = {v["Name"]: v["Value"] for v in worker["Environment"] if "Name" in v}
    failures.expect(int(variables["LAZARET_STOP_GRACE"]) + 10 <= worker["StopTimeout"] <= 120, "StopTimeout")
    readonly = {m["ContainerPath"]: m.get("ReadOnly") for m in worker["MountPoints"]}
    failures.expect(readonly == {"/config": True, "/signatures": True, "/scratch": None}, f"mounts {readonly}")


def create(client, name, **parameters):
    named = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    client.create_stack(
        StackName=name, TemplateBody=(ROOT / "deploy/aws/lazaret.yaml").read_text(), Parameters=named,
        Capabilities=["CAPABILITY_IAM"],
    )  # fmt: skip
    end = time.monotonic() + 60
    while True:
        stack = client.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("IN_PROGRESS") or time.monotonic() > end:
            break
        time.sleep(0.2)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        for event in client.describe_stack_events(StackName=name)["StackEvents"]:
            if "FAILED" in event["ResourceStatus"]:
                print("  ", event["LogicalResourceId"], event.get("ResourceStatusReason"))
        raise SystemExit(f"the stack {name} is {stack['StackStatus']}: {stack.get('StackStatusReason')}")
    return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}


def settle_uploads(failures, cloud, events):
    """A stack, an uploader with its policy, a worker with its role."""
    prefix = f"stack-{events}"
    names = dict(IncomingBucket=f"{prefix}-incoming", MediaBucket=f"{prefix}-media", QuarantineBucket=f"{prefix}-quarantine")
    outputs = create(
        cloud.root.client("cloudformation"), prefix, Events=events, UploadOrigin="https://www.example.com",
        WorkerPrincipal="arn:aws:iam::000000000000:root", ReviewerPrincipal="arn:aws:iam::000000000000:root", **names,
    )  # fmt: skip
    incoming, media, quarantine = names.values()
    uploader = cloud.user(f"{prefix}-uploader", managed=[outputs["UploaderPolicyArn"]]).client("s3")
    stranger = cloud.user(f"{prefix}-stranger").client("s3")
    worker = cloud.assumed(outputs["WorkerRoleArn"])

    uploader.put_object(Bucket=incoming, Key="uploads/a.txt", Body=b"Nothing to see here.\n", ContentType="text/plain")
    uploader.put_object(Bucket=incoming, Key="uploads/b.txt", Body=EICAR, ContentType="text/plain")
    failures.expect(
        refusal(uploader.put_object, Bucket=incoming, Key="elsewhere/c.txt", Body=b"c") == "AccessDenied",
        "an uploader writes beside the prefix")  # fmt: skip
    failures.expect(
        refusal(uploader.get_object, Bucket=incoming, Key="uploads/b.txt") == "AccessDenied", "an uploader reads")
    failures.expect(
        refusal(stranger.put_object, Bucket=incoming, Key="uploads/c.txt", Body=b"c") == "AccessDenied", "a stranger writes")

    folder = pathlib.Path(cloud.folder.name, prefix)
    (folder / "pipelines").mkdir(parents=True)
    environment = template()["Resources"]["Task"]["Properties"]["ContainerDefinitions"][0]["Environment"]
    text = environment[0]["Value"]["Fn::If"][2]["Fn::Sub"]
    for name, value in {**names, "UploadPrefix": "uploads/"}.items():
        text = text.replace(f"${{{name}}}", value)
    (folder / "pipelines/pipeline.yaml").write_text(text)
    flags = [
        "--queue", outputs["QueueUrl"], "--pipelines", folder / "pipelines", "--ledger", f"sqlite:{folder}/lazaret.db",
        "--signatures", ROOT / "samples/signatures", "--spool", folder,
    ]  # fmt: skip
    code, text = worker.lazaret("check", "--write", *flags)
    failures.expect(code == 0, f"check with the worker's role ({events}): {text}")
    code, text = worker.lazaret("run", "--until-idle", 3, *flags)
    failures.expect(code == 0, f"run with the worker's role ({events}): {text}")
    failures.expect(left_in(cloud, outputs["QueueUrl"]) == 0, f"messages are left ({events}): {text}")
    code, text = worker.lazaret("jobs", "list", "--json", "--ledger", flags[5])
    jobs = {job["key"]: job for job in map(json.loads, filter(None, text.split("\n")))}
    failures.expect(
        {key: (job["verdict"], job["disposition"]) for key, job in jobs.items()}
        == {"uploads/a.txt": ("clean", "promoted"), "uploads/b.txt": ("infected", "quarantined")},
        f"jobs ({events}): {jobs}")  # fmt: skip

    root, reviewer = cloud.root.client("s3"), cloud.assumed(outputs["ReviewerRoleArn"])
    left = root.list_object_versions(Bucket=incoming).get("Versions", [])
    failures.expect(not left, f"left in the incoming bucket ({events}): {left}")
    if place := jobs.get("uploads/b.txt", {}).get("destination"):
        stolen = cloud.user(f"{prefix}-reader", everything_on(quarantine)).client("s3")
        failures.expect(
            refusal(stolen.get_object, Bucket=quarantine, Key=place["key"]) == "AccessDenied", "a stranger reads quarantine")
        body = reviewer.client("s3").get_object(Bucket=quarantine, Key=place["key"])["Body"].read()
        failures.expect(body == EICAR, "a reviewer reads quarantine")


def everything_on(bucket):
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": resources}]}


def main():
    failures = Failures()
    lint(failures)
    alarms_match_the_page(failures)
    task_is_confined(failures)
    cloud = Cloud()
    for events in ("direct", "eventbridge"):
        settle_uploads(failures, cloud, events)
    failures.end("aws")


main()
