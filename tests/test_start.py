"""That the command line starts without what it works with, and that what it has stored of itself is so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from properties.claims import CLAIMS
from properties.cli.commands import COMMANDS, MODULES, SECTIONS, load
from properties.cli.completion import HELP_NAMES, declared, written
from properties.cli.main import cli
from properties.terminal.names import CATALOGUES, CLAIM, FEATURE, FILE, MUTANT, SCENARIO, TYPES, VARIANT, Name

ROOT = Path(__file__).parent.parent
HEAVY = {"model", "reference", "z3", "numpy", "hypothesis", "rich", "networkx", "multiprocessing"}
SHOW_MODULES = """
import sys
from properties.cli.main import main
sys.argv[0] = "ringplug"
try:
    main()
finally:
    sys.stderr.write(" ".join(sys.modules))
"""


def modules_after(*arguments: str, **environment: str) -> set[str]:
    """The packages that are imported once a call is over."""
    done = subprocess.run(
        [sys.executable, "-c", SHOW_MODULES, *arguments], cwd=ROOT, env=os.environ | environment, text=True,
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout
    return {name.partition(".")[0] for name in done.stderr.split()}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["check", "--help"], ["corosync", "record", "-h"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    assert not modules_after(*arguments) & HEAVY


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_imports_nothing_heavy(shell: str) -> None:
    for words in ("ringplug ch", "ringplug check --claim PLUG-S1", "ringplug simulate --repeat fr"):
        asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        if shell == "fish":
            asked["COMP_CWORD"] = words.split()[-1]
        assert not modules_after(**asked, _RINGPLUG_COMPLETE=f"{shell}_complete") & HEAVY


def test_a_command_imports_what_it_works_with() -> None:
    assert {"model", "rich"} <= modules_after("claims", "PLUG-S1")


def test_the_table_names_each_command_once() -> None:
    """A command within a command may have a module of its own, which is named after both."""
    inner = {f"{name}_{one.name}" for name in SECTIONS for one in family(load(name))[1:]}
    for section, commands in COMMANDS.items():
        folder = ROOT / "properties" / "cli" / section
        assert {file.stem for file in folder.glob("*.py")} - {"__init__"} - inner == {
            MODULES.get(name, name) for name in commands
        }
    assert len(SECTIONS) == sum(map(len, COMMANDS.values()))
    assert [load(name).name for name in SECTIONS] == list(SECTIONS)


def test_the_help_lists_each_command_once() -> None:
    lines = CliRunner().invoke(cli, ["--help"], terminal_width=80).output.splitlines()
    for name in SECTIONS:
        assert len([line for line in lines if line.startswith(f"  {name} ")]) == 1
    assert max(map(len, lines)) <= 80


def test_what_is_stored_is_what_the_commands_say() -> None:
    assert FILE.read_bytes() == written(), "python -m properties.cli.completion writes it"


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize("name", SECTIONS)
def test_the_stored_help_is_that_of_the_command(name: str, width: int) -> None:
    for stored, real in zip(family(declared(name)), family(load(name)), strict=True):
        pages = [
            one.get_help(click.Context(one, info_name=one.name, terminal_width=width, help_option_names=HELP_NAMES))
            for one in (stored, real)
        ]
        assert pages[0] == pages[1]


@pytest.fixture(autouse=True)
def _help_is_as_in_a_new_process() -> None:
    """Click keeps a command's help option as it was when the command was first shown, perhaps by another test."""
    for name in SECTIONS:
        for command in family(load(name)):
            command._help_option = None  # pyright: ignore[reportPrivateUsage]


def family(command: click.Command) -> list[click.Command]:
    """A command and its own."""
    return [command, *(command.commands.values() if isinstance(command, click.Group) else ())]


@pytest.mark.parametrize("inner", ["scenarios", "record", "replay", "campaign", "table"])
def test_a_command_within_a_command_has_its_own_help(inner: str) -> None:
    said = CliRunner().invoke(cli, ["corosync", inner, "--help"]).output
    assert said.startswith(f"Usage: cli corosync {inner} ")


def completed(*words: str) -> list[str]:
    """What the last of these words can become."""
    *before, last = words
    shell = ShellComplete(cli, {}, "ringplug", "_RINGPLUG_COMPLETE")
    return [item.value for item in shell.get_completions(before, last)]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["th"], ["theorem"]),
        (["check", "--me"], ["--members", "--memory"]),
        (["check", "--claim", "plug-h"], ["PLUG-H1", "PLUG-H3", "PLUG-H4"]),
        (["claims", "PLUG-S1", "n1"], ["N1"]),
        (["trace", "RING-S1"], ["RING-S1"]),
        (["check", "--variant", "gmi-2"], ["gmi-2004"]),
        (["check", "--variant", "leave-without-effect:g"], ["leave-without-effect:gate"]),
        (["check", "--without", "cr"], ["crash", "create-destroy"]),
        (["check", "--engine", "st"], ["stateful"]),
        (["explore", "--machine", "num"], ["numbered"]),
        (["judge", "--claim", "EVS-6"], ["EVS-6.1", "EVS-6.2", "EVS-6.3"]),
        (["lockstep", "--fault", "opens-on"], ["opens-on-own-bit"]),
        (["corosync", "rec"], ["record"]),
        (["corosync", "record", "--scenario", "calm"], ["calm"]),
        (["theorem", "--run", "ev"], ["evt-before-clm", "every"]),
    ],
)
def test_words_are_completed(words: list[str], found: list[str]) -> None:
    assert completed(*words) == found


def test_every_kind_of_name_is_completed() -> None:
    assert {kind for one in TYPES for kind in one.kinds} == set(CATALOGUES)


@pytest.mark.parametrize(
    ("kind", "typed", "name"),
    [(CLAIM, "plug-s1", "PLUG-S1"), (FEATURE, "CRASH", "crash"), (VARIANT, "GMI-2004", "gmi-2004")],
)
def test_a_name_is_found_whatever_its_case(kind: Name, typed: str, name: str) -> None:
    assert kind.convert(typed, None, None) == name


@pytest.mark.parametrize(
    ("kind", "typed", "says"),
    [
        (CLAIM, "PLUG-S99", "unknown claim 'PLUG-S99'; near it: PLUG-S9, "),
        (FEATURE, "crashes", "unknown feature 'crashes'; near it: crash"),
        (VARIANT, "open-on-own-bits", "unknown variant 'open-on-own-bits'; near it: open-on-own-bit, "),
        (MUTANT, "leave-without-effect:gat", "unknown mutant 'leave-without-effect:gat'; near it: leave-without-eff"),
        (SCENARIO, "partition", "unknown scenario 'partition'; near it: "),
        (CLAIM, "§§§§§§§§", "unknown claim '§§§§§§§§'"),
    ],
)
def test_a_wrong_name_is_told_the_nearest(kind: Name, typed: str, says: str) -> None:
    with pytest.raises(click.ClickException) as refused:
        kind.convert(typed, None, None)
    assert refused.value.message.startswith(says)
    assert len(refused.value.message.partition("near it: ")[2].split(", ")) <= 3


def test_no_two_claims_differ_only_in_case() -> None:
    for catalogue in CATALOGUES.values():
        assert len({name.casefold() for name in catalogue()}) == len(catalogue())
    assert CLAIMS
