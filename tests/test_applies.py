"""Options that do not apply are refused, not ignored: the table, and that no option of no command is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from properties.cli.commands import SECTIONS, load
from properties.terminal.applies import RULES, Checked, names_of, rows
from properties.terminal.numbers import RealRange
from tests.command import refused

ALWAYS = {
    "check": "--claim --executor --engine --variant --without --html --junit --json",
    "claims": "ID --json",
    "variants": "NAME --compute --json",
    "mutants": "NAME --compute --json",
    "theorem": "--claim --add-node --take --deep --json",
    "invariants": "--machine --variant --list --json",
    "obligations": "--out --format --claim --without --variant --machine --json",
    "trace": "CLAIM --witness --most --variant --without --members --handles --rings --memory --no-symmetry --out"
    " --json",
    "explain": "FILE ARGUMENT --step --html --json",
    "replay": "FILE --json",
    "walk": "--from --lanes",
    "explore": "--variant --without --members --handles --rings --memory --no-symmetry --checkpoint --disk --machine"
    " --graph --json",
    "promela": "--variant --without --members --handles --rings --machine",
    "tla": "--variant --without --members --handles --rings --machine --config",
    "spec": "--format",
    "judge": "FILE --claim --reduce --from --html --json --claims",
    "import": "FILE --from --at-rest --out",
    "follow": "FILE --write --out --json",
    "simulate": "--runs --fault --no-follow --json",
    "services": "--members --seed --faults --seconds --load --runs --json",
    "lockstep": "--fault --tour --out --html --json",
    "conform": "COMMAND --case --timeout --out --html --log --json",
    "run": "--members --seconds --load --recovery --faults --seed --no-follow --out --json",
    "node": "--config --until-eof",
    "publish": "CHANNEL DATA --socket --pattern --priority --retain --json",
    "watch": "CHANNEL --socket --prefix --count --json",
    "corosync scenarios": "--json",
    "corosync record": "--system --binary --scenario --nodes --seed --load --transport --control --trace --out --json",
    "corosync replay": "FILE --variant --claim --runs --tries --seed --binary --schedule --out --json",
    "corosync campaign": (
        "--system --binary --runs --seed --scenario --nodes --load --transport --out --jobs --judge-again --json"
    ),
    "corosync table": "SOURCES --scenario --without --save --html --json",
}
"""What applies whatever else is given: what only others exclude is here, too."""
VALUES = {
    "--engine": "inductive", "--members": "3", "--handles": "1", "--rings": "1", "--depth": "3", "--examples": "9",
    "--steps": "9", "--seed": "9", "--memory": "1", "--claim": "CLM-S1", "--add-node": "normal", "--take": "D8",
    "--format": "itf", "--variant": "open-on-own-bit", "--without": "crash", "--machine": "plug", "--faults": "light",
    "--seconds": "1", "--load": "1", "--script": "f", "--fault": "asks-for-nothing", "--out": "o", "--runs": "2",
    "--config": "f", "--new-key": "k", "--write": "d", "--timeout": "1", "--most": "2",
    "--checkpoint": "d", "--disk": "d", "--executor": "dask",
    "--lead": "both", "--tour": "all", "--case": "only-member", "--from": "f", "ID": "PLUG-S1",
}  # fmt: skip
ARGUMENTS = {"judge": ["f"], "trace": ["PLUG-S1"], "replay": ["f"], "conform": ["--", "true"]}


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command that does something, by the words that call it."""
    for name in SECTIONS:
        command = load(name)
        inner = command.commands if isinstance(command, click.Group) else {}
        yield from ((f"{name} {one}", inner[one]) for one in inner)
        if not inner:
            yield name, command


def test_every_option_is_in_the_table_or_applies_always() -> None:
    every = dict(commands())
    assert set(every) == set(ALWAYS)
    for name, command in every.items():
        assert isinstance(command, Checked), name
        ruled = {option for rule in RULES.get(name, ()) for option in rule.options}
        known = {one for parameter in command.params for one in names_of(parameter)}
        assert ruled | set(ALWAYS[name].split()) == known, name
        assert not ruled & set(ALWAYS[name].split()), name
        for rule in RULES.get(name, ()):
            assert {one.split()[0] for one in rule.goes_with} | {*rule.not_with} <= known
            assert rule.goes_with or rule.not_with


def wrong_calls() -> Iterator[tuple[str, str, str, str]]:
    """For every rule, command, option and what stands in its way: the words of the refusal."""
    for command, rules in RULES.items():
        for rule in rules:
            for option in rule.options:
                if rule.goes_with:
                    yield command, option, rule.unless and "--engine", f"{option} goes with {rule.goes_with[0]}"
                yield from ((command, option, other, f"does not go with {other}") for other in rule.not_with)


def words_of(name: str, command: click.Command) -> list[str]:
    """An option or an argument as it is typed, with a value if it takes one."""
    (option,) = (one for one in command.params if name in names_of(one))
    if isinstance(option, click.Option) and (option.is_flag or name in ("--run", "--repeat")):
        return [name]
    value = "PLUG-S1" if name == "ID" else VALUES.get(name, "open-on-own-bit")
    if name == "NAME":
        value = "open-on-own-bit" if command.name == "variants" else "leave-without-effect:gate"
    return [name, value] if name.startswith("-") else [value]


@pytest.mark.parametrize(("command", "option", "other", "says"), list(wrong_calls()))
def test_what_does_not_apply_is_refused(command: str, option: str, other: str, says: str) -> None:
    found = dict(commands())[command]
    words = [word for name in (other, option) if name for word in words_of(name, found)]
    assert says in refused(command, *words, *ARGUMENTS.get(command, []))


def test_the_document_has_the_table() -> None:
    text = (Path(__file__).parent.parent / "docs" / "command-line.md").read_text()
    assert "\n".join(rows()) in text


def test_every_number_has_bounds_and_nan_is_none() -> None:
    """`nan` is neither below nor above a bound, so it would pass for any; what has no end would never end."""
    numbers = {
        (name, option.opts[0]): option.type
        for name, command in commands()
        for option in command.params
        if isinstance(option.type, (click.types.IntParamType, click.types.FloatParamType))
    }
    assert len(numbers) > 30
    assert numbers.pop(("explain", "--step")) is click.INT
    for (name, option), kind in numbers.items():
        if isinstance(kind, RealRange):
            for word in ("nan", "-nan", "inf", "-inf", "1e999", "-1", "soon"):
                said = refused(name, option, word, *ARGUMENTS.get(name, []))
                assert f"Invalid value for '{option}'" in said
        else:
            assert isinstance(kind, click.IntRange), (name, option)
        assert kind.min is not None, (name, option)
        assert kind.max is not None, (name, option)
