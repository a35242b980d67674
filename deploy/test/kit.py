"""What the tests of deploy/ share: paths, the template as a value, and a local cloud that enforces policies over TLS."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import boto3
import yaml
from botocore.config import Config

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".build/deploy-venv/bin"
# The programs under test: those of the image and the package, unless told otherwise.
PROGRAMS = ROOT / os.environ.get("LAZARET_PROGRAMS", ".build/static/release")
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Failures:
    """Counts what does not hold, and goes on."""

    def __init__(self):
        self.passed = self.failed = 0

    def expect(self, holds, text):
        if holds:
            self.passed += 1
        else:
            self.failed += 1
            print(f"  FAILED: {text}")

    def end(self, name):
        print(f"{name}: {self.passed} passed, {self.failed} failed")
        sys.exit(1 if self.failed else 0)


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, as the long ones."""


def _function(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        return {name: value.split(".", 1) if suffix == "GetAtt" else value}
    if isinstance(node, yaml.SequenceNode):
        return {name: loader.construct_sequence(node, deep=True)}
    return {name: loader.construct_mapping(node, deep=True)}


_Loader.add_multi_constructor("!", _function)


def template(name="lazaret"):
    return yaml.load((ROOT / f"deploy/aws/{name}.yaml").read_text(), _Loader)


def tool(name, *arguments):
    """Runs a checker and returns (exit code, output)."""
    done = subprocess.run([TOOLS / name, *arguments], capture_output=True, text=True, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


class Cloud:
    """MiniStack with IAM's policies enforced, over TLS. Ends with the process."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="lazaret-deploy-")
        self.authority = f"{self.folder.name}/cloud.pem"
        key = f"{self.folder.name}/cloud.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
             "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", self.authority],
            check=True, capture_output=True,
        )  # fmt: skip
        environment = {
            "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", "LAZARET_CLOUD_CERTIFICATE": self.authority,
            "LAZARET_CLOUD_KEY": key,
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "Tests/Fixtures/kit/local_cloud.py", "enforcing"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
        )  # fmt: skip
        self.endpoint = json.loads(self.process.stdout.readline())["endpoint"]
        self.root = self.session("test", "test")

    def session(self, key, secret, token=None):
        return Session(self, key, secret, token)

    def user(self, name, *documents, managed=()):
        """A session of a new user with these policies."""
        iam = self.root.client("iam")
        iam.create_user(UserName=name)
        for number, document in enumerate(documents):
            iam.put_user_policy(UserName=name, PolicyName=f"p{number}", PolicyDocument=json.dumps(document))
        for arn in managed:
            iam.attach_user_policy(UserName=name, PolicyArn=arn)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return self.session(key["AccessKeyId"], key["SecretAccessKey"])

    def assumed(self, role, by=None):
        answer = (by or self.root).client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return self.session(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])


class Session:
    """Clients of one identity."""

    def __init__(self, cloud, key, secret, token):
        self.cloud = cloud
        self.keys = dict(aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token)

    def client(self, service):
        return boto3.client(
            service, endpoint_url=self.cloud.endpoint, verify=self.cloud.authority, region_name="us-east-1",
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}), **self.keys,
        )  # fmt: skip

    @property
    def environment(self):
        """Of a Lazaret that is this identity."""
        named = {name.upper(): value for name, value in self.keys.items() if value}
        return {
            "PATH": "/usr/bin:/bin", "AWS_ENDPOINT_URL": self.cloud.endpoint, "AWS_CA_BUNDLE": self.cloud.authority,
            "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", **named,
        }  # fmt: skip

    def lazaret(self, *arguments):
        """Runs a command and returns (exit code, output)."""
        done = subprocess.run(
            [PROGRAMS / "lazaret", *map(str, arguments)], env=self.environment, capture_output=True, text=True,
            timeout=180, cwd=self.cloud.folder.name,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr


def left_in(cloud, queue):
    """How many messages a queue holds, those in flight included."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = cloud.root.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=names)
    return sum(int(answer["Attributes"][name]) for name in names)


def refusal(call, *arguments, **named):
    """The code of the error that a call ends with; None if it succeeds."""
    from botocore.exceptions import ClientError

    try:
        call(*arguments, **named)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return None
