"""Tests deploy/kubernetes: base and overlay build with kustomize, are valid for several versions of Kubernetes, meet the
restricted pod security standard, and fit what docs/ say of stops and probes. The two kinds of operators (Prometheus, KEDA) are
checked by the fields that their documentation gives, since their schemas are in no registry that a build may use.

No cluster runs here.
"""

import pathlib
import re
import shutil
import subprocess
import tempfile

import yaml
from kit import ROOT, Failures, tool

FOLDER = ROOT / "deploy/kubernetes"
VERSIONS = ("1.31.0", "1.34.0", "1.37.0")


def kubectl():
    """The one of this machine, else Debian's, which is not installed: where another has its place, it can't be."""
    if found := shutil.which("kubectl"):
        return found
    unpacked = ROOT / ".build/deploy-kubectl"
    if not (unpacked / "usr/bin/kubectl").exists():
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["apt-get", "-qq", "download", "kubernetes-client"], check=True, cwd=folder)
            for package in pathlib.Path(folder).glob("*.deb"):
                subprocess.run(["dpkg", "-x", package, unpacked], check=True)
    return str(unpacked / "usr/bin/kubectl")


def build(name):
    """The objects of a folder. Kustomize as in Debian's kubectl 1.20 has older names for two fields."""
    program = kubectl()
    version = subprocess.run([program, "version", "--client"], capture_output=True, text=True).stdout
    with tempfile.TemporaryDirectory() as folder:
        copy = shutil.copytree(FOLDER, pathlib.Path(folder, "kubernetes"))
        if re.search(r'v1\.(1\d|20)\.', version):
            for file in copy.rglob("kustomization.yaml"):
                text = file.read_text().replace("resources: [../../base]", "bases: [../../base]")
                text = re.sub(r"patches: (\[.*\])", lambda m: "patchesStrategicMerge: "
                              + re.sub(r"\{ path: (\S+) \}", r"\1", m[1]), text)  # fmt: skip
                file.write_text(text)
        done = subprocess.run([program, "kustomize", copy / name], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"kustomize {name}: {done.stderr}")
    return done.stdout, done.stderr


def is_restricted(failures, name, pod):
    """Kubernetes documentation, "Pod Security Standards", restricted."""
    failures.expect(pod["securityContext"]["runAsNonRoot"] is True, f"{name}: runAsNonRoot")
    failures.expect(pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault", f"{name}: seccomp")
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        failures.expect(not pod.get(field), f"{name}: {field}")
    failures.expect(all(set(v) & {"configMap", "emptyDir", "secret"} for v in pod["volumes"]), f"{name}: volumes")
    for container in pod["initContainers"] + pod["containers"]:
        context = container["securityContext"]
        failures.expect(
            context["allowPrivilegeEscalation"] is False and context["capabilities"] == {"drop": ["ALL"]}
            and context["readOnlyRootFilesystem"] is True, f"{name}: {container['name']}: {context}")  # fmt: skip
        mounted = {mount["name"] for mount in container["volumeMounts"]}
        failures.expect(mounted <= {volume["name"] for volume in pod["volumes"]}, f"{name}: mounts {mounted}")
        failures.expect("memory" in container["resources"]["limits"], f"{name}: {container['name']} without a limit")


def worker_fits(failures, name, pod, settings):
    worker = next(c for c in pod["containers"] if c["name"] == "worker")
    variables = {v["name"]: v.get("value") for v in worker["env"]}
    failures.expect(
        int(variables["LAZARET_STOP_GRACE"]) + 10 <= pod["terminationGracePeriodSeconds"], f"{name}: grace")
    port = worker["ports"][0]["containerPort"]
    failures.expect(variables["LAZARET_LISTEN"] == f"0.0.0.0:{port}", f"{name}: port")
    # A worker that waits for S3 or its ledger is not ready, and must not be killed for that.
    failures.expect(worker["livenessProbe"]["httpGet"]["path"] == "/healthz", f"{name}: liveness")
    failures.expect(worker["readinessProbe"]["httpGet"]["path"] == "/readyz", f"{name}: readiness")
    read_only = {mount["mountPath"] for mount in worker["volumeMounts"] if mount.get("readOnly")}
    failures.expect({"/pipelines", "/signatures"} <= read_only, f"{name}: what the worker may write")
    for variable, folder in (("LAZARET_SPOOL", "/spool"), ("TMPDIR", "/scratch"), ("LAZARET_SIGNATURES", "/signatures")):
        failures.expect(variables[variable] == folder, f"{name}: {variable}")
    scratch = next(v for v in pod["volumes"] if v["name"] == "scratch")["emptyDir"]
    failures.expect(scratch["medium"] == "Memory" and scratch["sizeLimit"] == "4Gi", f"{name}: scratch {scratch}")
    failures.expect({"AWS_REGION", "LAZARET_QUEUE", "LAZARET_LEDGER"} == set(settings), f"{name}: settings")


def operators_fit(failures, name, objects):
    deployment = objects["Deployment"][0]
    scaled = objects["ScaledObject"][0]["spec"]
    failures.expect(scaled["scaleTargetRef"] == {"name": deployment["metadata"]["name"]}, f"{name}: scale target")
    failures.expect("replicas" not in deployment["spec"], f"{name}: replicas fight with KEDA")
    for trigger in scaled["triggers"]:
        failures.expect(trigger["type"] == "aws-sqs-queue", f"{name}: trigger")
        data = trigger["metadata"]
        failures.expect(set(data) == {"queueURL", "awsRegion", "queueLength", "scaleOnInFlight"}, f"{name}: {data}")
        failures.expect(all(isinstance(value, str) for value in data.values()), f"{name}: KEDA wants strings")
        failures.expect(data["scaleOnInFlight"] == "true", f"{name}: messages in hand count")
        failures.expect(
            trigger["authenticationRef"]["name"] == objects["TriggerAuthentication"][0]["metadata"]["name"], f"{name}: auth")
    failures.expect(1 <= scaled["minReplicaCount"] <= scaled["maxReplicaCount"], f"{name}: pods")
    monitor = objects["PodMonitor"][0]["spec"]
    worker = deployment["spec"]["template"]["spec"]["containers"][0]
    failures.expect(monitor["podMetricsEndpoints"][0]["port"] == worker["ports"][0]["name"], f"{name}: metrics port")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    for kind, path in (("PodMonitor", "selector"), ("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector"),
                       ("Deployment", "selector")):  # fmt: skip
        chosen = objects[kind][0]["spec"][path]["matchLabels"]
        failures.expect(chosen.items() <= labels.items(), f"{name}: {kind} selects {chosen}")


def main():
    failures = Failures()
    for name in ("base", "overlays/example"):
        text, warnings = build(name)
        failures.expect(not warnings, f"{name}: {warnings}")
        objects = {}
        for item in yaml.safe_load_all(text):
            objects.setdefault(item["kind"], []).append(item)
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            known = [item for items in objects.values() for item in items if "." not in item["apiVersion"].split("/")[0]
                     or item["apiVersion"].split("/")[0].endswith(".k8s.io")]  # fmt: skip
            yaml.safe_dump_all(known, file)
            file.flush()
            for version in VERSIONS:
                code, said = tool("kubernetes-validate", "--strict", "--quiet", "-k", version, file.name)
                failures.expect(code == 0, f"{name}: {version}: {said}")
        failures.expect(len(known) == sum(map(len, objects.values())) - 3, f"{name}: objects {sorted(objects)}")
        enforced = objects["Namespace"][0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        failures.expect(enforced == "restricted", f"{name}: namespace")
        pod = objects["Deployment"][0]["spec"]["template"]["spec"]
        settings = next(c for c in objects["ConfigMap"] if "settings" in c["metadata"]["name"])["data"]
        is_restricted(failures, name, pod)
        worker_fits(failures, name, pod, settings)
        operators_fit(failures, name, objects)
        for config in objects["ConfigMap"]:
            failures.expect(config["metadata"]["name"] in text.split("kind: Deployment")[1], f"{name}: unused {config}")
    failures.end("kubernetes")


main()
