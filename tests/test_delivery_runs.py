"""The shortest runs of delivery's variants, driven through the reference with the same fault."""

from __future__ import annotations

import json
from dataclasses import replace

import click
import pytest
from click.testing import CliRunner, Result

from properties.cli.main import cli
from properties.replay.delivery_runs import delivery_run
from properties.replay.delivery_variants import DELIVERY_VARIANTS, RUNS
from properties.terminal import repeat as repeat_command

LENGTHS = {
    "free-before-the-token-is-accepted": 14,
    "free-at-one-rotation": 13,
    "representative-reloads-its-old-number": 9,
    "first-token-is-created-twice": 10,
    "recovery-after-the-first-rotation": 16,
}


@pytest.mark.parametrize("name", LENGTHS)
def test_a_shortest_run_is_repeated_by_the_fault_and_not_without_it(name: str) -> None:
    one = delivery_run(DELIVERY_VARIANTS[name])
    assert one.repeated == len(one.lines) == LENGTHS[name]
    assert one.variant.violates in one.violated
    assert one.without_fault == []
    assert one.is_whole


def test_each_variant_has_its_script() -> None:
    assert {path.stem for path in RUNS.iterdir()} == set(DELIVERY_VARIANTS) == set(LENGTHS)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("free-at-one-rotation", "first-token-again"),
        ("free-before-the-token-is-accepted", "stores-no-ring-number"),
        ("first-token-is-created-twice", "frees-after-one-rotation"),
        ("recovery-after-the-first-rotation", "frees-after-one-rotation"),
        ("representative-reloads-its-old-number", "frees-after-one-rotation"),
    ],
)
def test_another_fault_does_not_repeat_it(name: str, fault: str) -> None:
    one = delivery_run(replace(DELIVERY_VARIANTS[name], fault=fault))
    assert not one.is_whole


def test_a_message_that_is_not_lost_is_not_the_one_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    variant = DELIVERY_VARIANTS["free-at-one-rotation"]
    script = variant.script
    heard = replace(script, faults=tuple(one for one in script.faults if type(one).__name__ != "Deaf"))
    monkeypatch.setattr(type(variant), "script", heard)
    one = delivery_run(variant)
    assert one.repeated < len(one.lines)
    assert not one.is_whole


def repeat(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["simulate", "--repeat", *arguments], standalone_mode=False)


def test_the_command_shows_both_side_by_side_or_as_one_object() -> None:
    shown = repeat("free-at-one-rotation")
    assert shown.return_value == 0
    assert "with fault frees-after-one-rotation breaks RING-S5, without it nothing" in shown.output
    assert "pass_token p1 r0" in shown.output
    assert "13 of 13 steps repeated" in shown.output
    plain = repeat("free-at-one-rotation", "--json")
    (one,) = json.loads(plain.output)["runs"]
    assert one["whole"]
    assert one["steps"][-1]["simulated"].endswith("frees up to 1")


def test_a_run_that_is_not_repeated_is_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "representative-reloads-its-old-number"
    other = {name: replace(DELIVERY_VARIANTS[name], fault="stores-no-ring-number")}
    monkeypatch.setattr(repeat_command, "DELIVERY_VARIANTS", other)
    shown = repeat(name)
    assert shown.return_value == 2
    assert "steps repeated: another run" in shown.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nothing"], "unknown variant 'nothing'"),
        (["free-at-one-rotation", "--seed", "1"], "--repeat does not go with --seed"),
    ],
)
def test_wrong_use_says_what_is_wrong(arguments: list[str], says: str) -> None:
    error = repeat(*arguments).exception
    assert isinstance(error, click.ClickException)
    assert says in error.format_message()
