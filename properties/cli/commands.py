"""Which commands there are: each a file of `decide/`, `look/` or `run/`, imported when the command runs."""

from __future__ import annotations

from importlib import import_module

import click

COMMANDS = {
    "decide": {
        "check": "decide the claims: by proof, and on every state of some scopes",
        "claims": "what each claim says, where it is from, what rests on it",
        "variants": "which claims each broken variant breaks, in how many steps",
        "mutants": "what notices each guard part and effect that is dropped",
        "theorem": "which decisions a lookup rests on, and what breaks without",
        "invariants": "find a machine's invariants, and what they prove",
        "obligations": "write the proofs as SMT-LIB or TPTP, for any solver",
    },
    "look": {
        "trace": "a shortest run to a claim's premise, or to a violation",
        "explain": "why a saved run is as it is",
        "replay": "replay a saved run on integers",
        "walk": "step through the machine by hand",
        "explore": "count the states of a scope",
        "promela": "print the machine for spin to count",
        "tla": "print the machine as a TLA+ module, for TLC",
        "spec": "print the specification",
    },
    "run": {
        "run": "a cluster of real processes on this machine, shown live and judged",
        "node": "one processor with its services on a real network",
        "publish": "publish events at a node",
        "watch": "show the events of a channel at a node",
        "judge": "which promises a recorded run keeps, or what daemons logged",
        "import": "a history of what daemons logged",
        "simulate": "whole rings of the reference, under faults, judged",
        "services": "the services of the mail on simulated rings, judged",
        "lockstep": "the reference and the machine, step by step",
        "conform": "a program in any language and the machine, step by step",
        "follow": "what an implementation logged and the machine, step by step",
        "corosync": "real corosync daemons, under faults, recorded and judged",
    },
}
"""By section, which is also the folder: each command with what it does, in a line."""
MODULES = {"import": "imports"}
"""Files that are not called as their commands are: no Python file can be called `import`."""
SECTIONS = {name: section for section, commands in COMMANDS.items() for name in commands}


def load(name: str) -> click.Command:
    """The command itself; this imports what it works with."""
    return getattr(import_module(f"properties.cli.{SECTIONS[name]}.{MODULES.get(name, name)}"), f"{name}_command")
