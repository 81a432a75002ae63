"""The command line: `ringplug check` and its companions.

Exit codes: 0 all hold, 1 something is violated, 2 undetermined, 3 usage or bad input.
"""

from __future__ import annotations

import signal
import sys
from io import TextIOWrapper

import click

from properties.catalogue.scopes import ScopeTooLargeError
from properties.cli.decide import check, claims, mutants, obligations, variants
from properties.cli.decide.theorem import theorem_command
from properties.cli.look import explain, explore, promela, replay, spec, trace, walk
from properties.cli.run import conform, corosync, judge, lockstep
from properties.cli.run.services import services_command
from properties.cli.run.simulate import simulate_command
from properties.lockstep.events import MapError
from properties.terminal.exit_codes import BAD_INPUT


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="ringplug")
def cli() -> None:
    """Check the recovery plug protocol, and see why it is as it is.

    \b
    ringplug check                          decide every claim
    ringplug claims PLUG-S1                 what a claim says, and why
    ringplug trace PLUG-S1 --witness        a shortest run to its premise
    ringplug explain s1.json --step 4       why a saved run could go there
    ringplug variants                       what breaks without each clause
    ringplug theorem                        which decisions the lookup rests on
    ringplug mutants                        what notices each part that is dropped
    ringplug explore --members 3 --rings 1  count the states of a scope
    ringplug walk                           step through the machine by hand
    ringplug judge run.jsonl                which promises a recorded run keeps
    ringplug promela > plug.pml             the machine for spin to count
    ringplug spec                           the specification as a text
    ringplug obligations --out DIR          the proofs as SMT-LIB, for any solver
    ringplug lockstep                       the reference and the machine, step by step
    ringplug simulate                       whole rings, through faults
    ringplug services                       the services of the mail on them
    ringplug conform -- COMMAND             a program in any language and the machine
    ringplug corosync                       real daemons, through faults

    Exit codes: 0 all hold, 1 something is violated, 2 undetermined, 3 usage or bad input.
    """


for command in (
    check.check_command, claims.claims_command,
    trace.trace_command, explain.explain_command, replay.replay_command,
    variants.variants_command, mutants.mutants_command, theorem_command,
    explore.explore_command, walk.walk_command, promela.promela_command, spec.spec_command,
    obligations.obligations_command, lockstep.lockstep_command, simulate_command, services_command,
    conform.conform_command,
    judge.judge_command, corosync.corosync_command,
):  # fmt: skip
    cli.add_command(command)


def main() -> None:
    """Run the command line; every error is one line on standard error."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8")
    try:
        sys.exit(cli.main(standalone_mode=False))
    except click.exceptions.NoArgsIsHelpError as error:
        sys.stderr.write(f"{error.format_message()}\n")
        sys.exit(BAD_INPUT)
    except click.ClickException as error:
        sys.stderr.write(f"ringplug: {error.format_message()}\n")
        sys.exit(BAD_INPUT)
    except OSError as error:
        sys.stderr.write(f"ringplug: {error.filename or 'output'}: {error.strerror}\n")
        sys.exit(BAD_INPUT)
    except ScopeTooLargeError as error:
        sys.stderr.write(f"ringplug: scope too large: {error}; try a smaller scope, --without FEATURE or --memory\n")
        sys.exit(BAD_INPUT)
    except MapError as error:
        sys.stderr.write(f"ringplug: {error}\n")
        sys.exit(BAD_INPUT)
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("ringplug: interrupted\n")
        sys.exit(130)
