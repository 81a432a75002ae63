"""The command that shows the events of a channel, as a node delivers them."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import click
import msgspec

from properties.history.reader import plain
from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.words import counted
from reference.node.client import Client, ClientError, Event, Lost


@click.command("watch", cls=Checked)
@click.argument("channel")
@click.option("--socket", "path", type=click.Path(path_type=Path), required=True, envvar="RINGPLUG_SOCKET",
              help="The local socket of a node; or set RINGPLUG_SOCKET.")  # fmt: skip
@click.option("--prefix", default="", help="Only events whose pattern begins so.")
@click.option("--count", type=click.IntRange(1, 1_000_000_000), help="End after so many.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line; data and patterns in base64.")
def watch_command(channel: str, path: Path, prefix: str, count: int | None, as_json: bool) -> int:
    """Show what is published on a channel, in the order of the ring, first what is retained.

    \b
    ringplug watch alarms --socket n1/socket
    ringplug watch alarms --socket n1/socket --prefix disk/ --count 1 --json

    A line is the publisher, its number there, the patterns, and the data. Whoever reads this too slowly loses events,
    and a line says how many. Exit codes: 0 after --count, 3 no node answers, or it is gone; an interrupt ends it, too.
    """
    try:
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # A node may have gone: an error, no signal.
        asyncio.run(_watched(channel, path, prefix.encode(), count, as_json))
    except ClientError as error:
        raise click.ClickException(str(error)) from error
    return ALL_HOLD


async def _watched(channel: str, path: Path, prefix: bytes, count: int | None, as_json: bool) -> None:
    shown = 0
    async with Client.connect(path) as node:
        async for event in await node.watch(channel, prefix):
            sys.stdout.write((msgspec.json.encode(event).decode() if as_json else _line(event)) + "\n")
            sys.stdout.flush()
            shown += isinstance(event, Event)
            if shown == count:
                return


def _line(event: Event | Lost) -> str:
    if isinstance(event, Lost):
        return f"lost: {counted(event.count, 'event')}, since those before were not read in time"
    patterns = "".join(f" [{_text(one)}]" for one in event.patterns)
    return f"{event.publisher}:{event.number}{patterns} {_text(event.data)}"


def _text(data: bytes) -> str:
    return plain(data.decode("utf-8", "backslashreplace"))
