"""The command that publishes events at a node, as fast as the node takes them."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import click
import msgspec

from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD
from properties.terminal.numbers import RealRange
from properties.terminal.progress import Progress
from properties.words import counted
from reference.node.client import Client, ClientError

Urgency = Literal["high", "medium", "low"]
DATA_BYTES_MOST = 65_536


@click.command("publish", cls=Checked)
@click.argument("channel")
@click.argument("data", nargs=-1)
@click.option("--socket", "path", type=click.Path(path_type=Path), required=True, envvar="RINGPLUG_SOCKET",
              help="The local socket of a node; or set RINGPLUG_SOCKET.")  # fmt: skip
@click.option("--pattern", "patterns", multiple=True, help="By which it may be filtered. Repeatable.")
@click.option("--priority", type=click.Choice(["high", "medium", "low"]), default="medium", show_default=True,
              help="Of the message in the ring.")  # fmt: skip
@click.option("--retain", type=RealRange(0, 10_000_000), default=0.0, metavar="SECONDS",
              help="Give it to those, too, who watch within so long.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def publish_command(
    channel: str, data: tuple[str, ...], path: Path, patterns: tuple[str, ...], priority: Urgency, retain: float,
    as_json: bool,
) -> int:  # fmt: skip
    """Publish events on a channel, each argument one, or without any each line of standard input.

    \b
    ringplug publish alarms 'disk 7 is full' --socket n1/socket --pattern disk/full
    tail -f app.log | ringplug publish log --socket n1/socket --priority low
    ringplug publish alarms back --socket n1/socket --retain 60 --json

    The node takes an event when it has room, and only then is the next one sent: while a plug holds the ring, or more
    is published than it carries, this waits, and says for how long. Exit codes: 0 all are taken, 3 no node answers, or
    it refuses an event.
    """
    told = _Told(channel, tuple(one.encode() for one in patterns), priority, round(retain * 1_000_000))
    events = (one.encode() for one in data) if data else _lines()
    try:
        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # A node may have gone: an error, no signal.
        tally = asyncio.run(_published(path, told, events))
    except ClientError as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        sys.stdout.write(msgspec.json.encode(tally).decode() + "\n")
    else:
        click.echo(tally.words())
    return ALL_HOLD


@dataclass(frozen=True)
class _Told:
    """What all events have in common."""

    channel: str
    patterns: tuple[bytes, ...]
    priority: Urgency
    retention_us: int


class _Tally(msgspec.Struct):
    """What became of them."""

    published: int = 0
    last_id: tuple[int, int, int] | None = None
    waiting: int = 0
    """How many messages waited at the node after the last one."""
    waited_us: int = 0

    def words(self) -> str:
        """In a line."""
        waited = f"; the node had no room for {self.waited_us / 1e6:.1f} s" if self.waited_us > 100_000 else ""
        waiting = f"; {counted(self.waiting, 'message')} still wait at the node" if self.waiting else ""
        return f"{counted(self.published, 'event')} published{waited}{waiting}"


def _lines() -> Iterator[bytes]:
    for line in sys.stdin.buffer:
        yield line.rstrip(b"\r\n")


async def _published(path: Path, told: _Told, events: Iterator[bytes]) -> _Tally:
    tally = _Tally()
    with Progress() as progress:
        async with Client.connect(path) as node:
            for data in events:
                if len(data) > DATA_BYTES_MOST:
                    raise ClientError(f"an event of {len(data):,} bytes, at most {DATA_BYTES_MOST:,}")
                done = await node.publish(
                    told.channel, data, patterns=told.patterns, priority=told.priority, retention_us=told.retention_us
                )
                tally.published, tally.last_id, tally.waiting = tally.published + 1, done.id, done.waiting
                tally.waited_us += done.waited_us
                progress.say(tally.words())
    return tally
