"""`ringplug simulate` and `services` as a user meets them: a fault by its name alone, and numbers that are none."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner, Result

from properties.cli.run.services import services_command
from properties.cli.run.simulate import simulate_command
from properties.simulate.faults import FAULTS, run_that_shows

SAMPLE = ("asks-for-nothing", "frees-after-one-rotation", "bitmap-is-not-sent-on")


def simulate(*arguments: str) -> Result:
    return CliRunner().invoke(simulate_command, arguments, standalone_mode=False)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in SAMPLE else [pytest.mark.deep]) for name in FAULTS.names()]
)
def test_a_fault_by_its_name_alone_shows_its_violation(name: str) -> None:
    found = run_that_shows(name)
    done = simulate("--fault", name, "--no-reduce")
    assert done.return_value == 1
    assert f"{found.claim} violated: " in done.stdout
    sizes = (
        f"--members {found.members} --seed {found.seed} --faults {found.campaign} --seconds {found.seconds} --load 40"
    )
    assert f"again: ringplug simulate {sizes} --fault {name}\n" in done.stdout


def test_sizes_that_are_given_count() -> None:
    done = simulate("--fault", "asks-for-nothing", "--members", "2", "--seconds", "0.5", "--no-reduce", "--no-follow")
    assert "2 processors, seed 1, 0.5 s of" in done.stdout


@pytest.mark.parametrize("command", [simulate_command, services_command])
@pytest.mark.parametrize("seconds", ["nan", "-nan", "inf", "-inf", "-1", "0", "many"])
def test_seconds_are_a_number(command: click.Command, seconds: str) -> None:
    done = CliRunner().invoke(command, ["--seconds", seconds])
    assert done.exit_code == 2, "click's own code for a wrong call; the command line makes it 3"
    assert "Invalid value for '--seconds'" in done.output
    assert "Traceback" not in done.output
