"""The Dockerfile tried: built, started with a root that is read-only, asked for its health.

    python -m tools.container [--build-arg NAME=VALUE]

With a container engine it builds and runs the image. Without one the same steps run, one by one, in
a fresh root made by debootstrap: that needs root, and shows that the steps work, not that an
engine takes them. It says which of the two it did.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENGINES = ("docker", "podman")
STARTING_SECONDS = 240
DEBIAN = "bookworm"
SHELL_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CERTIFICATES = Path("/usr/local/share/ca-certificates")
"""Whom a machine behind a proxy of its own trusts besides; the fresh root stands there too."""

BASE = ("debian:bookworm-slim",)
"""Images whose place a root made by debootstrap can take."""


class Untried(Exception):
    """This machine cannot try it, which says nothing about the Dockerfile."""


@dataclass
class Steps:
    """A Dockerfile read: its instructions in order, and what a container starts with."""

    base: str = ""
    arguments: dict[str, str] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)
    orders: list[tuple[str, str, str]] = field(default_factory=list)
    """RUN or COPY, its words, and the folder that it is done in."""
    user: str = "root"
    folder: str = "/"
    health: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)


def read(text: str) -> Steps:
    """The steps of a Dockerfile; `ValueError` for an instruction that is not known here."""
    steps = Steps()
    lines = re.sub(r"\\\n", " ", text).splitlines()
    for line in (one.strip() for one in lines if one.strip() and not one.lstrip().startswith("#")):
        order, _, rest = line.partition(" ")
        if order == "FROM":
            steps.base = rest
        elif order == "ARG":
            name, _, value = rest.partition("=")
            steps.arguments[name] = value
        elif order == "ENV":
            steps.environment |= dict(word.split("=", 1) for word in shlex.split(rest))
        elif order == "WORKDIR":
            steps.folder = rest
        elif order == "USER":
            steps.user = rest
        elif order in ("RUN", "COPY"):
            steps.orders.append((order, rest, steps.folder))
        elif order == "HEALTHCHECK":
            steps.health = json.loads(rest[rest.index("CMD ") + 4 :])
        elif order == "CMD":
            steps.command = json.loads(rest)
        elif order != "EXPOSE":
            raise ValueError(f"{order} is not known here")
    return steps


def by_engine(engine: str, arguments: dict[str, str]) -> None:
    """Build the image and run it read-only."""
    given = [word for pair in arguments.items() for word in ("--build-arg", "=".join(pair))]
    subprocess.run([engine, "build", "-t", "lethe-tried", *given, ROOT], check=True)
    port = _free_port()
    address = ["-p", f"127.0.0.1:{port}:7860"]
    only = ["--rm", "--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
    process = subprocess.Popen(
        [engine, "run", "--name", "lethe-tried", *only, *address, "lethe-tried"]
    )
    try:
        _await_health(port, process)
    finally:
        subprocess.run([engine, "rm", "-f", "lethe-tried"], check=False)


def by_hand(steps: Steps, folder: Path) -> None:
    """The same in a fresh root in `folder`."""
    if steps.base not in BASE:
        raise SystemExit(f"No root can be made for {steps.base}.")
    folder.chmod(0o755)
    _run(["debootstrap", "--variant=minbase", DEBIAN, folder])
    shutil.copy("/etc/hosts", folder / "etc/hosts")  # an engine brings its own
    if CERTIFICATES.is_dir():
        shutil.copytree(CERTIFICATES, folder / CERTIFICATES.relative_to("/"), dirs_exist_ok=True)
    given = {**steps.arguments, "PATH": SHELL_PATH, "DEBIAN_FRONTEND": "noninteractive"}
    given["PIP_CERT"] = given["SSL_CERT_FILE"] = "/etc/ssl/certs/ca-certificates.crt"
    for order, words, place in steps.orders:
        (folder / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
        if order == "COPY":
            _copy(words.split(), folder / place.lstrip("/"))
        else:
            _say(f"RUN {words}")
            if "pip install" in words and not _reached(given["TORCH_INDEX"], folder, given):
                raise Untried(f"The package index {given['TORCH_INDEX']} is not reached from here.")
            inside = ["chroot", folder, "/bin/sh", "-c", f"cd {place} && {words}"]
            _run(_mounted(folder, inside), env=given)
    _start(steps, folder)


def _start(steps: Steps, folder: Path) -> None:
    """Start it as its user, with everything but /tmp read-only, and ask how it is."""
    port = _free_port()
    own = {**steps.environment, "PATH": SHELL_PATH, "PORT": str(port)}
    words = shlex.join(steps.command)
    line = f"cd {steps.folder} && exec {words}"
    inside = ["chroot", f"--userspec={steps.user}", folder, "/bin/sh", "-c", line]
    process = subprocess.Popen(_mounted(folder, inside, read_only=True), env=own)
    try:
        _await_health(port, process)
        _run(["chroot", f"--userspec={steps.user}", folder, *steps.health], env=own)
        if any(Path(f"/proc/{child}").stat().st_uid == 0 for child in _children(process)):
            raise SystemExit("It runs as root.")
    finally:
        # `unshare` itself heeds no SIGTERM while its child runs.
        for child in _children(process):
            os.kill(child, signal.SIGTERM)
        process.wait(60)
    _say("It ran without root, and ended when it was told to.")


def _children(process: subprocess.Popen) -> list[int]:
    listed = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(one) for one in listed.read_text().split()] if listed.exists() else []


def _reached(index: str, folder: Path, given: dict[str, str]) -> bool:
    """Whether a page of the package index can be had inside."""
    ask = f"import urllib.request as u; u.urlopen('{index.rstrip('/')}/torch/', timeout=30).read(9)"
    inside = _mounted(folder, ["chroot", folder, "python3", "-c", ask])
    return not subprocess.run([*map(str, inside)], env=given, capture_output=True).returncode


def _copy(words: list[str], place: Path) -> None:
    *sources, target = words
    for name in sources:
        source, goal = ROOT / name, place / target
        if source.is_dir():
            shutil.copytree(
                source, goal, ignore=shutil.ignore_patterns("__pycache__", "screenshots", "*.po")
            )
        else:
            shutil.copy(source, goal)


def _mounted(folder: Path, words: list, *, read_only: bool = False) -> list:
    """The command in mounts of its own, which are gone with it."""
    at = shlex.quote(str(folder))
    mounts = [
        f"mount --bind {at} {at}",
        *([f"mount -t tmpfs tmpfs {at}/tmp"] * read_only),
        f"mount -t proc proc {at}/proc",
        f"mount --rbind /dev {at}/dev",
        f"mount --bind /etc/resolv.conf {at}/etc/resolv.conf",
        *([f"mount -o remount,bind,ro {at}", f"! touch {at}/app/written 2>/dev/null"] * read_only),
    ]
    line = " && ".join([*mounts, f"exec {shlex.join(map(str, words))}"])
    return ["unshare", "--mount", "--fork", "--kill-child", "/bin/sh", "-c", line]


def _await_health(port: int, process: subprocess.Popen) -> None:
    until = time.monotonic() + STARTING_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5) as answer:
                told = json.load(answer)
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
            continue
        if told["alive"] and told["ready"]:
            _say(f"It is alive and ready: {told}")
            return
        time.sleep(0.5)
    raise SystemExit("It did not get ready in time.")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _run(words: list, env: dict[str, str] | None = None) -> None:
    if subprocess.run([str(word) for word in words], env=env).returncode:
        raise SystemExit(f"This failed: {shlex.join(map(str, words))}")


def _say(text: str) -> None:
    print(text, flush=True)


def main(argv: list[str] | None = None) -> None:
    """Try it by an engine where there is one, else by hand."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build-arg", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args(argv)
    given = dict(one.split("=", 1) for one in options.build_arg)
    for engine in filter(shutil.which, ENGINES):
        if not subprocess.run([engine, "info"], capture_output=True).returncode:
            _say(f"By {engine}.")
            by_engine(engine, given)
            return
    try:
        _without_engine(given)
    except Untried as why:
        _say(f"The Dockerfile was not tried: {why}")


def _without_engine(given: dict[str, str]) -> None:
    if os.geteuid() != 0 or not shutil.which("debootstrap"):
        raise Untried("there is no container engine, and no root with debootstrap either.")
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode:
        raise Untried("there is no container engine, and nothing can be mounted here.")
    _say("No container engine runs here: the steps are done in a fresh root made by debootstrap.")
    steps = read((ROOT / "Dockerfile").read_text("utf-8"))
    steps.arguments |= given
    folder = Path(tempfile.mkdtemp(prefix="lethe-root-"))
    try:
        by_hand(steps, folder)
    finally:
        # Its mounts were the steps' own; `one-file-system` is for a step that was killed.
        subprocess.run(["rm", "-rf", "--one-file-system", folder], check=False)


if __name__ == "__main__":
    sys.exit(main())
