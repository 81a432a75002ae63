"""The command `replay`: a saved trace, replayed."""

from __future__ import annotations

from pathlib import Path

import click

from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.options import FORMAT, LANES
from properties.terminal.output import saved_trace, show_json, show_traces
from properties.traces.trace import (
    TraceError,
)


@click.command("replay", cls=Checked)
@click.argument("file", type=click.Path(path_type=Path))
@FORMAT
@LANES
@click.option("--json", "as_json", is_flag=True, help="Print the trace as JSON again, once it has been replayed.")
def replay_command(file: Path, form: str, lanes: bool, as_json: bool) -> int:
    """Replay a trace, ours or ITF, on integers from the initial state: what each step changes, and what its end shows.

    \b
    ringplug trace PLUG-S1 --witness --out s1.json
    ringplug replay s1.json
    ringplug replay s1.json --format itf > s1.itf.json
    ringplug replay s1.itf.json
    """
    try:
        trace = saved_trace(file)
        if as_json:
            show_json([trace])
        else:
            show_traces([trace], form, read=True, lanes=lanes)
    except TraceError as error:
        raise click.ClickException(f"{file}: {error}") from error
    return ALL_HOLD
