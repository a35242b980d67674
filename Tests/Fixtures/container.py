"""Starts a program in a container by runc, as Docker would by default.

    container.py FOLDER SETTING PROGRAM MOUNT... -- ARGUMENT...

FOLDER holds the bundle; SETTING is a row of `SETTINGS`; PROGRAM is a file, and each MOUNT a folder, that the container
sees at its own path. Descriptor 3 is passed on. The profile is that of Debian's containers-common, less the calls that
Docker's default profile reserves for CAP_SYS_ADMIN (moby, `profiles/seccomp/default.json`)."""

import json
import os
import sys

PROFILE = "/usr/share/containers/seccomp.json"
DOCKER = ["CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP", "SETPCAP",
          "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE"]
SEVEN = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "SETGID", "SETUID", "SYS_CHROOT"]
SYS_ADMIN_CALLS = {
    "bpf", "clone", "clone3", "fanotify_init", "fsconfig", "fsmount", "fsopen", "fspick", "lookup_dcookie", "mount",
    "mount_setattr", "move_mount", "open_tree", "perf_event_open", "quotactl", "quotactl_fd", "setdomainname",
    "sethostname", "setns", "syslog", "umount", "umount2", "unshare"}
# The flags of clone(2) that make namespaces.
NAMESPACE_FLAGS = 0x7E020000

# user, capabilities, whether a profile is in force, whether the root file system is read-only
SETTINGS = {
    "root": (0, DOCKER, True, False),
    "seven": (0, SEVEN, True, False),
    "none": (0, [], True, False),
    "user": (10001, [], True, False),
    "user-unconfined": (10001, [], False, False),
    "admin": (0, DOCKER + ["SYS_ADMIN"], True, False),
    "read-only": (10001, [], True, True),
}


def profile(capabilities: list[str]) -> dict:
    held = {"CAP_" + name for name in capabilities}
    source = json.load(open(PROFILE))
    rules = []
    for rule in source["syscalls"]:
        include, exclude = rule.get("includes") or {}, rule.get("excludes") or {}
        if "amd64" not in include.get("arches", ["amd64"]) or not held.issuperset(include.get("caps", [])):
            continue
        if held.intersection(exclude.get("caps", [])):
            continue
        names = [name for name in rule["names"] if "CAP_SYS_ADMIN" in held or name not in SYS_ADMIN_CALLS]
        if not names:
            continue
        made = {"names": names, "action": rule["action"]}
        if rule.get("errnoRet") is not None:
            made["errnoRet"] = rule["errnoRet"]
        if rule.get("args"):
            made["args"] = rule["args"]
        rules.append(made)
    if "CAP_SYS_ADMIN" not in held:
        plain = [{"index": 0, "value": NAMESPACE_FLAGS, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]
        rules.append({"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": plain})
        rules.append({"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38})
    return {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 1, "architectures": ["SCMP_ARCH_X86_64"],
            "syscalls": rules}


def bind(path: str, *options: str) -> dict:
    return {"destination": path, "source": path, "type": "bind", "options": ["rbind", *options]}


def configuration(setting: str, program: str, mounts: list[str], arguments: list[str]) -> dict:
    user, capabilities, is_confined, is_read_only = SETTINGS[setting]
    names = ["CAP_" + name for name in capabilities]
    system = [path for path in ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/opt") if os.path.exists(path)]
    return {
        "ociVersion": "1.0.2",
        "root": {"path": "rootfs", "readonly": is_read_only},
        "hostname": "scanner",
        "process": {
            "user": {"uid": user, "gid": user}, "args": [program, *arguments], "cwd": "/",
            "env": [f"{name}={value}" for name, value in os.environ.items()
                    if name in ("TZ", "LD_LIBRARY_PATH", "PATH")],
            "capabilities": {kind: names for kind in ("bounding", "effective", "permitted")}
        },
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
            *(bind(path, "ro") for path in system), bind(program, "ro"), *(bind(path, "rw") for path in mounts),
        ],
        "linux": {
            "namespaces": [{"type": kind} for kind in ("pid", "network", "ipc", "uts", "mount")],
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            **({"seccomp": profile(capabilities)} if is_confined else {}),
        },
    }


def main() -> None:
    folder, setting, program, *rest = sys.argv[1:]
    split = rest.index("--")
    os.makedirs(f"{folder}/rootfs", exist_ok=True)
    with open(f"{folder}/config.json", "w") as file:
        json.dump(configuration(setting, program, rest[:split], rest[split + 1:]), file)
    os.execvp("runc", ["runc", "--root", f"{folder}/state", "run", "--preserve-fds", "1", "--bundle", folder,
                       os.path.basename(folder)])


if __name__ == "__main__":
    main()
