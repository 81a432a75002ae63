"""The command line: `ringplug check` and its companions.

Exit codes: 0 all hold, 1 something is violated, 2 undetermined, 3 usage or bad input.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback

import click

from properties.cli import streams
from properties.cli.commands import COMMANDS, load
from properties.cli.completion import HELP_NAMES, Declared, declared
from properties.collecting import collect_seldom
from properties.limits import CheckpointError, LostJobError, ScopeTooLargeError, UnavailableError
from properties.lockstep.events import MapError
from properties.terminal.exit_codes import BAD_INPUT, INTERRUPTED, UNDETERMINED
from properties.words import short, unknown


class CommandLine(click.Group):
    """All commands, as they are stored; the one that is run is imported, and what it works with."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """For help and completion the command as it is stored, else the command itself."""
        if args and args[0] not in self.commands and not args[0].startswith("-") and not ctx.resilient_parsing:
            raise click.UsageError(unknown("command", args[0], self.commands))
        name, command, rest = super().resolve_command(ctx, args)
        if name and isinstance(command, Declared) and not ctx.resilient_parsing and not _asks_for_help(rest):
            command = load(name)
        return name, command, rest

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Each command once, in the sections of its folders."""
        width = max(map(len, self.commands))
        for section, commands in COMMANDS.items():
            with formatter.section(section.capitalize()):
                formatter.write_dl([(f"{name:{width}}", says) for name, says in commands.items()])


def _asks_for_help(arguments: list[str]) -> bool:
    own = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return any(name in own for name in HELP_NAMES)


@click.group(
    cls=CommandLine,
    commands={name: declared(name) for section in COMMANDS.values() for name in section},
    context_settings={"help_option_names": HELP_NAMES, "max_content_width": 120},
    epilog="""\b
    Each command has --help with examples. docs/command-line.md: completion.
    Exit codes: 0 all hold, 1 violated, 2 undetermined, 3 usage or bad input.""",
)
@click.version_option(package_name="ringplug")
def cli() -> None:
    """Check the recovery plug protocol, and see why it is as it is.

    \b
    ringplug check --claim PLUG-S1          is the claim so?
    ringplug trace PLUG-S1 --witness        a shortest run to its premise
    ringplug trace PLUG-S1 --variant open-on-own-bit
    ringplug judge run.jsonl                what did a recorded run keep?
    ringplug simulate --seed 7              whole rings, under faults
    """


def main() -> None:
    """Run the command line; every error is one line on standard error, and the exit code is 0 to 3, or 130."""
    streams.prepare()
    collect_seldom()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    code = _code()
    if (error := streams.flushed()) and code != BAD_INPUT:
        code = _fail(_io_error(error))
    sys.stderr.flush()
    if code == INTERRUPTED:
        os._exit(INTERRUPTED)  # A solver may still be at work in a thread: nothing is to be taken down under it.
    sys.exit(code)


def _code() -> int:
    """The exit code of the command; an error of ours has its traceback, and leaves everything undetermined."""
    try:
        return cli.main(standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(f"{error.format_message()}\n")
        return BAD_INPUT
    except click.ClickException as error:
        return _fail(error.format_message())
    except OSError as error:
        return _fail(_io_error(error))
    except ScopeTooLargeError as error:
        return _fail(f"scope too large: {error}; try a smaller scope, --without FEATURE or --memory")
    except (CheckpointError, MapError, UnavailableError) as error:
        return _fail(str(error))
    except LostJobError as error:
        return _fail(f"lost: {error}", UNDETERMINED)
    except MemoryError:
        return _fail("lost: memory ran out", UNDETERMINED)
    except (KeyboardInterrupt, click.Abort):
        return _fail("interrupted", INTERRUPTED)
    except Exception:
        return _fail(f"a mistake of ringplug itself\n{traceback.format_exc().rstrip()}", UNDETERMINED)


def _fail(words: str, code: int = BAD_INPUT) -> int:
    sys.stderr.write("\n".join(map(short, f"ringplug: {words}".splitlines())) + "\n")
    return code


def _io_error(error: OSError) -> str:
    return f"{error.filename or 'output'}: {error.strerror}"
