"""What the command line says of itself, for help and completion, without importing what it works with.

`python -m properties.cli.completion` writes `properties/terminal/completion.json` from the commands and the catalogues;
a test holds it equal to them. A declared command is made from it: it prints its help and completes, and does no more.
"""

from __future__ import annotations

import click
import msgspec
from click.shell_completion import CompletionItem

from properties.cli.commands import COMMANDS, SECTIONS, load
from properties.terminal.names import CATALOGUES, FILE, TYPES, Command, Name, Parameter, Stored, Text, stored

HELP_NAMES = ["-h", "--help"]
NAMES = {one.kinds: one for one in TYPES}


def record() -> Stored:
    """What the file holds, from the commands and the catalogues themselves."""
    names = {kind: list(catalogue()) for kind, catalogue in CATALOGUES.items()}
    return Stored(names, {name: _command(load(name)) for name in SECTIONS})


def written() -> bytes:
    """The file."""
    return msgspec.json.format(msgspec.json.encode(record()), indent=1) + b"\n"


def _command(command: click.Command) -> Command:
    context = click.Context(command, info_name=command.name, help_option_names=HELP_NAMES)
    said = Command(
        command.help or "", command.collect_usage_pieces(context), [_parameter(one, context) for one in command.params]
    )
    if isinstance(command, click.Group):
        said.commands = {name: _command(one) for name, one in command.commands.items()}
    return said


def _parameter(one: click.Parameter, context: click.Context) -> Parameter:
    said = Parameter([*one.opts, *one.secondary_opts], values=one.nargs)
    if isinstance(one.type, Name):
        said.kinds = one.type.kinds
    elif isinstance(one.type, click.Choice):
        said.words = list(one.type.choices)
    elif isinstance(one.type, click.Path):
        said.path = "dir" if one.type.dir_okay and not one.type.file_okay else "file"
    if isinstance(one, click.Option):
        said.says, said.help = one.get_help_record(context), one.help
        said.is_flag, said.is_repeatable = one.is_flag, one.multiple
        said.alone = one.flag_value if isinstance(one.flag_value, str) and not one.is_flag else None
    return said


class _Completed(Text):
    """Any text; completed by words, or by the shell with a file."""

    name = "text"

    def __init__(self, said: Parameter) -> None:
        self.said = said

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        if self.said.path:
            return [CompletionItem(incomplete, type=self.said.path)]
        return [CompletionItem(word) for word in self.said.words if word.startswith(incomplete)]


class _Option(click.Option):
    """An option with the help that is stored of it."""

    record: tuple[str, str] | None = None

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        return self.record


class Declared(click.Command):
    """A command as it is stored: it has help and completion, and does nothing else."""

    usage: tuple[str, ...] = ()

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        return list(self.usage)

    def invoke(self, ctx: click.Context) -> None:
        """It was made for its help, though `--help` may have been taken for the value of an option."""
        click.echo(ctx.get_help())


class DeclaredGroup(Declared, click.Group):
    """A command with commands of its own, all as they are stored."""

    def invoke(self, ctx: click.Context) -> None:
        """Go on to the one that is named; it has its own help."""
        click.Group.invoke(self, ctx)


def declared(name: str) -> click.Command:
    """A command of the command line as it is stored."""
    command = _declare(name, stored().commands[name])
    command.short_help = COMMANDS[SECTIONS[name]][name]
    return command


def _declare(name: str, said: Command) -> click.Command:
    parameters = [_option(one) if one.says else _argument(one) for one in said.parameters]
    inner = {name: _declare(name, one) for name, one in said.commands.items()}
    if inner:
        command = DeclaredGroup(name, help=said.help, params=parameters, commands=inner)
    else:
        command = Declared(name, help=said.help, params=parameters)
    command.usage = tuple(said.usage)
    return command


def _argument(said: Parameter) -> click.Parameter:
    return click.Argument(said.names, type=_type(said), nargs=said.values, required=False)


def _option(said: Parameter) -> click.Parameter:
    if said.is_flag:
        option = _Option(said.names, is_flag=True, help=said.help)
    elif said.alone:
        option = _Option(said.names, type=_type(said), is_flag=False, flag_value=said.alone, help=said.help)
    else:
        option = _Option(said.names, type=_type(said), multiple=said.is_repeatable, help=said.help)
    option.record = said.says
    return option


def _type(said: Parameter) -> Text:
    return NAMES[said.kinds] if said.kinds else _Completed(said)


if __name__ == "__main__":
    FILE.write_bytes(written())
