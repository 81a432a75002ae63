"""Searches that are written down: killed at any moment they go on and end with the same counts."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

import pytest

from model.language.ground import GroundMachine
from model.machines import MACHINES
from model.variants import VARIANTS
from properties.catalogue.probe import Probe, all_probes
from properties.catalogue.scopes import NamedScope, too_small
from properties.claims import CLAIMS
from properties.explicit import checkpoint, search
from properties.explicit.checkpoint import LIST, Kept
from properties.explicit.compiled import CompiledSearch
from properties.explicit.search import Report, Search
from properties.limits import CheckpointError
from tests.command import ringplug
from tests.plugring import PLUGRING, Size
from tests.test_compiled import check_same

WITHOUT = ("late-copies", "create-destroy")
SCOPE = NamedScope(2, 1, 2).without(frozenset(WITHOUT))
COMMAND = ("explore", "--members", "2", "--rings", "2", *(word for name in WITHOUT for word in ("--without", name)))
OFTEN = (
    "from properties.explicit import checkpoint, search\n"
    "checkpoint.EVERY_SECONDS = checkpoint.PAUSE_PER_SECOND = 0\n"
    "search.BLOCK_ROWS = 2048\n"
    "from properties.cli import main\n"
    "main.main()\n"
)
"""The command line, with a checkpoint after every block, and small blocks."""


class KilledError(Exception):
    """What ends a search here as a signal would: at once, with nothing tidied up."""


@pytest.fixture(autouse=True)
def _often(needs_program: Callable[[str], str]) -> Iterator[None]:
    needs_program("cc")
    blocks = patch.object(search, "BLOCK_ROWS", 512), patch("properties.explicit.kept.BLOCK_ROWS", 512)
    with patch.multiple(checkpoint, EVERY_SECONDS=0, PAUSE_PER_SECOND=0), blocks[0], blocks[1]:
        yield


@dataclass(frozen=True)
class Case:
    """A machine in a scope, and what is looked for."""

    ground: GroundMachine
    probes: Sequence[Probe] = ()

    def search(self, folder: Path | None = None, **options: float) -> CompiledSearch:
        symmetry = self.ground.is_symmetric
        return CompiledSearch(self.ground, symmetry=symmetry, memory_gib=options.get("memory_gib", 0.1), threads=2,
                              kept=Kept(folder))  # fmt: skip


def broken() -> Case:
    """A variant in which much is found, some of it in the middle."""
    machine = VARIANTS["rest-passes-a-closed-gate"].edit(MACHINES["plug"]).record(frozenset({"long-message"}))
    scope = NamedScope(2, 1, 2, frozenset({"long-message"}))
    claims = [claim for claim in CLAIMS.values() if not too_small(claim, scope)]
    return Case(GroundMachine(machine, scope.ground), all_probes(claims, machine))


CASES = {
    "with symmetry, and finds": broken,
    "without, in words of its own": lambda: Case(Size(2, 1, 1, 7).ground(PLUGRING)),
}


def run_until(found: Search, probes: Sequence[Probe], blocks: int) -> None:
    """Run, and be killed after so many blocks."""
    seen = 0

    def progress(report: Report) -> None:
        nonlocal seen
        seen += 1
        if seen == blocks:
            raise KilledError

    found.run(probes, progress)


@pytest.mark.parametrize("name", CASES)
def test_a_search_that_is_killed_goes_on_with_the_same_numbers(name: str, tmp_path: Path) -> None:
    case = CASES[name]()
    whole = case.search()
    whole.run(case.probes)
    went_on = 0
    while True:
        part = case.search(tmp_path)
        try:
            run_until(part, case.probes, 4)
            break
        except KilledError:
            went_on += bool(part.went_on_from)
            part.release()
    assert went_on > 2
    check_same(part, whole)
    assert part.native.unnumbered() == []
    part.forget()
    assert not [*tmp_path.iterdir()]


def test_a_search_that_has_ended_is_not_done_again(tmp_path: Path) -> None:
    case = CASES["without, in words of its own"]()
    whole = case.search(tmp_path)
    whole.run()
    whole.release()
    again = case.search(tmp_path)
    with patch.object(CompiledSearch, "_expand", side_effect=KilledError):
        again.run()
    check_same(again, whole)
    again.release()


def started(folder: Path) -> tuple[Case, Path]:
    """A search that was killed, and where its list is."""
    case = CASES["without, in words of its own"]()
    part = case.search(folder)
    with pytest.raises(KilledError):
        run_until(part, (), 5)
    part.release()
    (kept,) = folder.iterdir()
    return case, kept / LIST


def test_what_is_damaged_is_named_and_nothing_is_done(tmp_path: Path) -> None:
    case, written = started(tmp_path)
    pieces = sorted(written.parent.glob("*.states"))
    assert pieces
    for path in (written, *pieces):
        whole = path.read_bytes()
        for damage in (whole[:-1], bytes([whole[0] ^ 1]) + whole[1:], whole[:-1] + bytes([whole[-1] ^ 1]), b""):
            path.write_bytes(damage)
            again = case.search(tmp_path)
            with pytest.raises(CheckpointError, match=rf"{path.name} is damaged: remove its folder"):
                again.run()
            again.release()
            assert path.read_bytes() == damage
        path.write_bytes(whole)
    (gone, *_) = pieces
    gone.unlink()
    again = case.search(tmp_path)
    with pytest.raises(CheckpointError, match=gone.name):
        again.run()


def test_other_machines_scopes_and_probes_do_not_take_it(tmp_path: Path) -> None:
    _, written = started(tmp_path)
    case = broken()
    others = [Case(Size(2, 1, 1, 6).ground(PLUGRING)), case, Case(case.ground, case.probes[1:])]
    for number, other in enumerate(others, 2):
        part = other.search(tmp_path)
        with pytest.raises(KilledError):
            run_until(part, other.probes, 2)
        assert not part.went_on_from
        part.release()
        assert len([*tmp_path.iterdir()]) == number
    assert written.exists()


def test_two_at_a_time_are_refused(tmp_path: Path) -> None:
    case = CASES["without, in words of its own"]()
    first, second = case.search(tmp_path), case.search(tmp_path)
    with pytest.raises(KilledError):
        run_until(first, (), 3)
    with pytest.raises(CheckpointError, match="another process searches the same"):
        second.run()


def search_often(folder: Path, said: Path) -> None:
    """The command line, with a checkpoint after every block, and small blocks; what it said is put into a file."""
    with patch.object(search, "BLOCK_ROWS", 2048), patch("properties.explicit.kept.BLOCK_ROWS", 2048):
        done = ringplug(*COMMAND, "--json", "--checkpoint", folder)
    said.write_text(json.dumps([done.returncode, done.stdout, done.stderr]))


def counts(folder: Path, seconds: float | None) -> dict[str, object] | None:
    """What the command counts, in a child of this process, unless that is killed after so many seconds."""
    said = folder.with_name(f"{folder.name}.json")
    process = get_context("fork").Process(target=search_often, args=(folder, said))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
        return None
    code, out, err = json.loads(said.read_text())
    assert (process.exitcode, code, err) == (0, 0, "")
    return json.loads(out)


def check_kills(folder: Path, moments: int, seed: int) -> None:
    """Killed at so many random moments after a checkpoint, it ends with the counts of a search that was not."""
    case = Case(GroundMachine(MACHINES["plug"].record(SCOPE.features), SCOPE.ground))
    whole = case.search()
    whole.run()
    draws = random.Random(seed)
    kills = 0
    while kills < moments:
        found = counts(folder, draws.uniform(0.01, 0.2))
        kills += found is None and any(folder.glob(f"*/{LIST}"))
    found = counts(folder, None)
    assert found
    assert (found["states"], found["transitions"]) == (whole.report.states, whole.report.transitions)
    assert found["depth"] == whole.report.depth


def test_kill_9(tmp_path: Path) -> None:
    check_kills(tmp_path, 2, 1)


@pytest.mark.deep
def test_kill_9_at_twenty_moments(tmp_path: Path) -> None:
    check_kills(tmp_path, 20, 2)


def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))\n" + OFTEN
    done = subprocess.run(
        [sys.executable, "-c", limited, *COMMAND, "--checkpoint", str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (3, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"ringplug: {tmp_path}/search-")
    assert line.endswith("File too large")
    (kept,) = tmp_path.iterdir()
    assert not [one for one in kept.iterdir() if one.name.startswith(".")], "what was half written is gone"
    found = counts(tmp_path, None)
    assert found
    assert found["states"]
