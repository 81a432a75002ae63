"""The runtime of the compiled search: C that the machine's own compiler makes once, kept in the user's cache.

The object is kept under the hash of its source, the compiler's version, the flags and the processor's features. It is
loaded only from a folder that nobody else can write to, and put there whole. Where there is no compiler, or it fails,
`UnavailableError` says why. `ctypes` is enough to call it: calls are few and long, and leave other threads running.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from properties.limits import UnavailableError

SOURCES = tuple(Path(__file__).parent / name for name in ("states.h", "program.h", "search.c"))
FLAGS = (("-O3", "-march=native"), ("-O2",))
"""Tried in turn: not every compiler knows the processor it runs on."""
ALWAYS = ("-std=gnu11", "-shared", "-fPIC", "-pthread")
OF_OTHERS = stat.S_IWGRP | stat.S_IWOTH
COMPILE_SECONDS = 120


@cache
def runtime() -> ctypes.CDLL:
    """The compiled runtime, made if it is not there yet. UnavailableError: why there is none."""
    try:
        compiler = _compiler()
        version = _said([*compiler, "--version"])
        if not version:
            raise UnavailableError(f"{shlex.join(compiler)} does not say its version")
        folder = cache_folder()
        return ctypes.CDLL(str(_made(compiler, version, folder)))
    except (OSError, RuntimeError, subprocess.TimeoutExpired) as error:  # RuntimeError: there is no home.
        raise UnavailableError(str(error)) from error


@cache
def compiler_name() -> str:
    """The first line of what the compiler says of itself."""
    return _said([*_compiler(), "--version"]).partition("\n")[0]


def cache_folder() -> Path:
    """The folder for compiled code in the user's cache, made if it is not there."""
    usual = Path.home() / ("Library/Caches" if sys.platform == "darwin" else ".cache")
    folder = Path(os.environ.get("XDG_CACHE_HOME") or usual) / "ringplug"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = folder.resolve()
    for place in (folder, *folder.parents):
        check_private(place)
    return folder


def check_private(place: Path) -> None:
    """UnavailableError: somebody else can write to this file or folder, or put another in its place."""
    found = place.stat()
    if found.st_uid not in (0, os.geteuid()):
        raise UnavailableError(f"{place} belongs to somebody else")
    is_sticky = place.is_dir() and found.st_mode & stat.S_ISVTX
    if found.st_mode & OF_OTHERS and not is_sticky:
        raise UnavailableError(f"{place} can be written to by others")


def _compiler() -> list[str]:
    """$CC, or else `cc`."""
    named = shlex.split(os.environ.get("CC", "")) or ["cc"]
    if not shutil.which(named[0]):
        raise UnavailableError(f"no C compiler: {named[0]} is not installed")
    return named


def _said(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMPILE_SECONDS).stdout


def _processor() -> str:
    """What code for this processor depends on: its kind, and its features as far as they are told."""
    told = Path("/proc/cpuinfo")
    features = re.search(r"^(?:flags|Features)\s*:.*$", told.read_text(), re.MULTILINE) if told.exists() else None
    return f"{platform.system()} {platform.machine()} {features[0] if features else platform.processor()}"


def _made(compiler: list[str], version: str, folder: Path) -> Path:
    """The object, compiled with the first flags that the compiler takes."""
    source = "".join(one.read_text() for one in SOURCES)
    failed = ""
    for flags in FLAGS:
        command = [*compiler, *flags, *ALWAYS]
        text = "\0".join([source, version, *command, _processor()])
        made = folder / f"search-{hashlib.sha256(text.encode()).hexdigest()[:32]}.so"
        if not made.exists():
            failed = _compile([*command, str(SOURCES[-1])], made)
        if not failed:
            check_private(made)
            return made
    raise UnavailableError(f"{shlex.join(compiler)} fails: {failed}")


def _compile(command: list[str], made: Path) -> str:
    """Compile under another name, and put it in place whole; what the compiler says, if it fails."""
    number, name = tempfile.mkstemp(dir=made.parent, suffix=".so")
    os.close(number)
    try:
        done = subprocess.run(
            [*command, "-o", name], capture_output=True, text=True, check=False, timeout=COMPILE_SECONDS
        )
        if done.returncode:
            return done.stderr.strip().partition("\n")[0] or f"exit code {done.returncode}"
        os.replace(name, made)
        return ""
    except subprocess.TimeoutExpired:
        return f"it took more than {COMPILE_SECONDS} s"
    finally:
        Path(name).unlink(missing_ok=True)
