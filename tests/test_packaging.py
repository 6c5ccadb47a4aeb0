"""An installed Lethe is whole: its wheel holds all that it loads, and its command runs anywhere."""

import os
import re
import shutil
import subprocess
import sys
import urllib.request
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOR_READERS = ("assets/contact-sheet.png", "assets/screenshots/")
"""What the README shows and no program loads; `.po` is what translators edit."""


def loaded(folder: str) -> set[str]:
    """The files below `folder` that a running Lethe may open, as the checkout names them."""
    found = (path.relative_to(ROOT) for path in (ROOT / folder).rglob("*") if path.is_file())
    names = {path.as_posix() for path in found if "__pycache__" not in path.parts}
    return {one for one in names if not one.startswith(FOR_READERS) and not one.endswith(".po")}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built from a copy and unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for path in (*ROOT.glob("*.toml"), *ROOT.glob("*.txt"), ROOT / "setup.py", ROOT / "LICENSE"):
        shutil.copy(path, source)
    shutil.copy(ROOT / "README.md", source)
    for name in ("engine", "demo", "assets", "tools", "tests"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    words = ["wheel", "-q", "--no-index", "--no-deps", "--no-build-isolation", "-w", folder, source]
    subprocess.run([sys.executable, "-m", "pip", *words], check=True)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder / "site")
    return folder / "site"


def command(installed: Path, tmp_path: Path) -> dict:
    """How to start a process that sees the unpacked wheel and not this checkout."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    return {"cwd": tmp_path, "env": environment, "text": True}


ENTRY = "import sys\nfrom importlib.metadata import Distribution\nfrom pathlib import Path\n" + (
    "place = next(Path(sys.argv.pop(1)).glob('*.dist-info'))\n"
    "points = Distribution.at(place).entry_points\n"
    "sys.exit(points['lethe'].load()())\n"
)
"""Does what the `lethe` script that pip writes would do."""


def test_the_wheel_holds_all_that_is_loaded_and_no_tools(installed: Path):
    """Would catch a template, a style, an asset or a module that is left out, and tests or the
    renderer installed among everybody's packages."""
    held = {path.relative_to(installed).as_posix() for path in installed.rglob("*")}
    wanted = loaded("engine") | loaded("demo")
    wanted |= {name.replace("assets/", "engine/_assets/", 1) for name in loaded("assets")}
    assert wanted <= held, sorted(wanted - held)
    tops = {name.split("/")[0] for name in held}
    assert {name for name in tops if not name.endswith(".dist-info")} == {"engine", "demo"}


def test_its_requirements_are_those_of_the_checkout(installed: Path):
    """Would catch an installed Lethe that lacks a library, or drags in pytest."""
    said = Distribution.at(next(installed.glob("*.dist-info"))).requires or []
    plain = {one.split(";")[0].strip().replace(" ", "") for one in said if "extra" not in one}

    def parts(line: str) -> str:
        name = re.match(r"[\w-]+", line)[0]
        return name + ",".join(sorted(line.removeprefix(name).split(",")))

    listed = (ROOT / "requirements.txt").read_text().split()
    assert {parts(one) for one in plain} == {parts(one) for one in listed}
    assert any(one.startswith("pytest") and "extra" in one for one in said)


def test_the_engine_runs_away_from_the_checkout(installed: Path, tmp_path: Path):
    """Would catch assets that are looked for beside the checkout or in the working folder."""
    words = [sys.executable, "-m", "engine", "list", "--faces", "synthetic"]
    done = subprocess.run(words, capture_output=True, **command(installed, tmp_path))
    assert done.returncode == 0, done.stderr
    assert "Asha  40 photos, 12 of them for testing" in done.stdout
    words = [sys.executable, "-c", "import engine.assets as a; print(a.ASSETS)"]
    done = subprocess.run(words, capture_output=True, **command(installed, tmp_path))
    assert Path(done.stdout.strip()) == installed / "engine" / "_assets"


def test_the_lethe_command_lists_and_refuses(installed: Path, tmp_path: Path):
    """Would catch an entry point that names nothing, or an exit status that is lost."""
    words = [sys.executable, "-c", ENTRY, str(installed)]
    how = command(installed, tmp_path)
    done = subprocess.run([*words, "list"], capture_output=True, **how)
    assert done.returncode == 0, done.stderr
    assert "Methods" in done.stdout
    assert "mini" in done.stdout
    done = subprocess.run([*words, "audit", "--faces", "nowhere"], capture_output=True, **how)
    assert done.returncode == 2
    assert done.stderr.startswith("lethe: ")
    assert "Traceback" not in done.stderr


def test_lethe_serves_its_page(installed: Path, tmp_path: Path):
    """Would catch a page that cannot find its styles, templates or weights once installed."""
    words = [sys.executable, "-c", ENTRY, str(installed), "serve", "--port", "0"]
    how = command(installed, tmp_path)
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, **how
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("Lethe is at http"), line
            page = urllib.request.urlopen(line.split()[3], timeout=60).read().decode()
        finally:
            process.terminate()
    assert "Asha" in page
