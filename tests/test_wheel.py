"""The wheel is whole: built, installed elsewhere, it works in a folder that has a `model.py` and a `properties/`."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("model", "properties", "pytest_ringplug", "reference", "ringplug")
WITH_OUR_PROGRAMS = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
"""uv-build is found by its name."""


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in command], cwd=cwd, env=WITH_OUR_PROGRAMS, capture_output=True, text=True, check=False
    )


def done(*command: str | Path, cwd: Path) -> str:
    result = run(*command, cwd=cwd)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


@dataclass(frozen=True)
class Elsewhere:
    """An environment in which nothing of ours is but the wheel, and a folder with names that are ours."""

    wheel: Path
    programs: Path
    folder: Path

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return run(self.programs / program, *arguments, cwd=self.folder)


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    base = tmp_path_factory.mktemp("wheel")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    done(*pip, "wheel", ROOT, "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", base, cwd=base)
    (wheel,) = base.glob("*.whl")
    done(sys.executable, "-m", "venv", "--without-pip", base / "venv", cwd=base)
    programs = base / "venv" / "bin"
    done(*pip, "--python", programs / "python", "install", "--no-deps", "--no-index", wheel, cwd=base)
    (site,) = (base / "venv" / "lib").glob("python*/site-packages")
    (site / "what-we-need.pth").write_text(sysconfig.get_path("purelib") + "\n")
    folder = base / "folder"
    (folder / "properties").mkdir(parents=True)
    (folder / "properties" / "__init__.py").touch()
    (folder / "model.py").write_text("raise SystemExit('not this one')\n")
    return Elsewhere(wheel, programs, folder)


def test_every_file_of_the_packages_is_in_the_wheel(elsewhere: Elsewhere) -> None:
    with zipfile.ZipFile(elsewhere.wheel) as wheel:
        inside = {name for name in wheel.namelist() if ".dist-info/" not in name and not name.endswith("/")}
    ours = {path for package in PACKAGES for path in files_in(package)}
    assert inside == ours
    assert {f"{package}/py.typed" for package in PACKAGES} <= inside


def files_in(folder: str) -> set[str]:
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(ROOT)) for path in paths}


def test_what_is_imported_is_what_was_installed(elsewhere: Elsewhere) -> None:
    said = run(elsewhere.programs / "python", "-c", "import ringplug, model; print(ringplug.__file__, model.__file__)",
               cwd=elsewhere.programs)  # fmt: skip
    assert said.stdout.count(str(elsewhere.programs.parent)) == 2, said.stderr


def test_an_import_says_which_file_is_in_the_way(elsewhere: Elsewhere) -> None:
    for arguments in (("-c", "import ringplug"), ("-m", "ringplug", "--version")):
        said = elsewhere.run("python", *arguments)
        assert said.returncode == 1
        assert f"{elsewhere.folder / 'model.py'} is in the way of its own package model" in said.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ("check --claim PLUG-S1 --members 2 --handles 1 --rings 1", 0, "PLUG-S1"),
        pytest.param("check --claim PLUG-S1", 0, "PLUG-S1", marks=pytest.mark.deep),
        ("lockstep --fault opens-on-own-bit --members 3 --steps 2000", 1, "ringplug lockstep --members 3 --seed 1"),
        ("simulate --repeat free-at-one-rotation", 0, "breaks RING-S5"),
        ("spec", 0, "# The recovery plug"),
    ],
)
def test_commands_work_from_there(elsewhere: Elsewhere, arguments: str, code: int, says: str) -> None:
    said = elsewhere.run("ringplug", *arguments.split())
    assert said.returncode == code, said.stdout + said.stderr
    assert says in said.stdout


def test_the_pytest_plugin_comes_with_it(elsewhere: Elsewhere) -> None:
    tests = elsewhere.folder.with_name("tests")
    tests.mkdir()
    (tests / "test_it.py").write_text(
        "import pytest\n\n@pytest.mark.ringplug('PLUG-S2', engine='exhaustive')\ndef test_it(): pass\n"
    )
    said = done(elsewhere.programs / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=tests)
    assert "1 passed" in said


def test_the_sdist_has_documents_examples_and_tests(tmp_path: Path) -> None:
    build = "import sys, uv_build; print(uv_build.build_sdist(sys.argv[1]))"
    name = done(sys.executable, "-c", build, tmp_path, cwd=ROOT).split()[-1]
    with tarfile.open(tmp_path / name) as sdist:
        inside = {one.partition("/")[2] for one in sdist.getnames()}
    papers = {"CHANGELOG.md", "CITATION.cff", "CONTRIBUTING.md", "LICENSE", "README.md", "SECURITY.md", "SPEC.md"}
    folders = (*PACKAGES, "bench", "docs", "examples", "tests", "typings")
    assert papers | {"Makefile", "constraints.txt"} | {one for folder in folders for one in files_in(folder)} <= inside
