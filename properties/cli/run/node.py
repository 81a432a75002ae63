"""The command that runs one processor with its services on a real network."""

from __future__ import annotations

from pathlib import Path

import click

from properties.terminal.applies import Checked
from properties.terminal.exit_codes import ALL_HOLD


@click.command("node", cls=Checked)
@click.option("--config", "file", type=click.Path(path_type=Path, dir_okay=False), help="What the node is told: TOML.")
@click.option("--new-key", "key", type=click.Path(path_type=Path, dir_okay=False),
              help="Write a new key for a cluster into this file, and exit.")  # fmt: skip
@click.option("--until-eof", is_flag=True, help="Leave, too, when standard input ends.")
def node_command(file: Path | None, key: Path | None, until_eof: bool) -> int:
    """Run one processor with its services over UDP, until SIGTERM; then it leaves the ring.

    \b
    ringplug node --new-key cluster.key          a key that all nodes of a cluster share
    ringplug node --config n1.toml               docs/node.md has what the file may say
    ringplug watch alarms --socket n1/socket     what is published there, in another terminal

    The log goes to standard error. SIGHUP reads the key file again. Exit codes: 0 it has left, 3 its configuration, its
    key, its disk or its network is at fault, and one line says how.
    """
    from reference.node import configuration, daemon, keys
    from reference.node.disk.errors import NodeError

    if (file is None) == (key is None):
        raise click.UsageError("name a configuration with --config, or a file for a new key with --new-key")
    try:
        if key:
            keys.write_new(key)
        elif file:
            daemon.serve(configuration.read(file), until_eof=until_eof)
    except NodeError as error:
        raise click.ClickException(str(error)) from error
    return ALL_HOLD
