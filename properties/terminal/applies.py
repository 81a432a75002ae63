"""Which option goes with what: the one table. An option that would be ignored is refused, before anything is done.

What is not in the table always applies. docs/command-line.md shows it, and a test holds that every option of every
command is either here or known to apply always.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import click
from click.core import ParameterSource

Given = Mapping[str, object]
"""What the command line has: values by names, as in `--seed` and `NAME`."""


@dataclass(frozen=True)
class Rule:
    """Some options of a command, and with what they go, or do not go."""

    options: tuple[str, ...]
    goes_with: tuple[str, ...] = ()
    """One option with these values, as in `--engine bounded`; one of them has to be given."""
    unless: str = ""
    """That option with no value at all will do, too."""
    not_with: tuple[str, ...] = ()
    because: str = ""

    def objections(self, given: Given) -> Iterator[str]:
        """Why an option that is given does not apply."""
        for option in self.options:
            if option in given:
                yield from (f"{option} {words}" for words in self._objections(given))

    def _objections(self, given: Given) -> Iterator[str]:
        because = f": {self.because}" if self.because else ""
        allowed = any(_is_given(one, given) for one in self.goes_with) or (self.unless and self.unless not in given)
        if self.goes_with and not allowed:
            yield f"goes with {' or '.join(self.goes_with)}{because}"
        for other in self.not_with:
            if other in given:
                yield f"does not go with {other}{because}"


def _is_given(wanted: str, given: Given) -> bool:
    """Whether an option is given, with the value if one is named."""
    option, _, value = wanted.partition(" ")
    found = given.get(option)
    return option in given and (not value or value in (found if isinstance(found, tuple) else (found,)))


SIZES = ("--members", "--handles", "--rings")
SEARCHED = ("--engine exhaustive",)
RULES: dict[str, Sequence[Rule]] = {
    "check": (
        Rule(("--memory", "--no-symmetry", "--checkpoint", "--disk", "--deep"), SEARCHED, unless="--engine"),
        Rule(("--deep",), not_with=SIZES, because="sizes name one scope"),
        Rule(SIZES, (*SEARCHED, "--engine bounded", "--engine stateful"), "--engine",
             because="a proof is for any number"),
        Rule(("--depth",), ("--engine bounded",)),
        Rule(("--examples", "--steps", "--seed"), ("--engine stateful",)),
        Rule(("--minimal",), because="it is about the proofs of the protocol",
             not_with=("--engine", *SIZES, "--without", "--variant", "--no-symmetry", "--memory", "--checkpoint",
                       "--disk", "--deep", "--junit", "--html")),
    ),
    "claims": (Rule(("--markdown",), not_with=("ID", "--json"), because="it prints the whole table"),),
    "explore": (Rule(("--executor",), ("--disk",), because="all workers see the states there"),),
    "variants": (
        Rule(("--executor",), ("--compute",), because="what is recorded needs no work"),
        Rule(("--markdown",), not_with=("NAME", "--pairs", "--json"), because="it prints the whole page"),
        Rule(("--pairs",), not_with=("NAME",), because="it shows all pairs"),
    ),
    "mutants": (Rule(("--markdown",), not_with=("NAME", "--json"), because="it prints the whole page"),),
    "theorem": (
        Rule(("--run",), not_with=("--claim", "--add-node", "--take", "--compute", "--deep", "--html"),
             because="it runs the services, with --json alone"),
        Rule(("--compute",), not_with=("--take",), because="a set that is named is always computed"),
        Rule(("--html",), ("--take",), because="it shows the run of one set of decisions"),
    ),
    "judge": (Rule(("--at-rest",), ("--from",), because="a history says it by its end events"),),
    "trace": (
        Rule(("--format",), not_with=("--json",), because="each says how to print"),
        Rule(("--lanes",), not_with=("--json", "--format"), because="lanes are of the text"),
        Rule(("--unfair",), because="such a run is looked for in the claim's least scope, and printed",
             not_with=(*SIZES, "--witness", "--most", "--without", "--variant", "--memory", "--no-symmetry",
                       "--checkpoint", "--disk", "--format", "--lanes", "--out")),
        Rule(("--checkpoint", "--disk"), not_with=("--most",), because="several runs take several searches"),
    ),
    "replay": (
        Rule(("--format",), not_with=("--json",), because="each says how to print"),
        Rule(("--lanes",), not_with=("--json", "--format"), because="lanes are of the text"),
    ),
    "walk": (
        Rule((*SIZES, "--without", "--variant", "--machine"), not_with=("--from",),
             because="machine and scope are those of the trace"),
    ),
    "simulate": (
        Rule(("--executor",), ("--runs",), because="one run is one worker's"),
        Rule(("--members", "--seed", "--faults", "--seconds", "--load"), not_with=("--script",),
             because="the script says members, seed, time and load"),
        Rule(("--script", "--out", "--html", "--no-reduce"), not_with=("--runs",),
             because="a campaign draws its scripts, writes nothing and reduces nothing"),
        Rule(("--repeat",), because="it goes with --json alone",
             not_with=("--members", "--seed", "--faults", "--seconds", "--load", "--runs", "--script", "--fault",
                       "--no-follow", "--no-reduce", "--out", "--html")),
    ),
    "services": (Rule(("--out",), not_with=("--runs",), because="it writes the history of one run"),),
    "node": (
        Rule(("--new-key",), not_with=("--config", "--until-eof"), because="it makes a key and runs nothing"),
    ),
    "lockstep": (
        Rule(("--members", "--seed", "--steps", "--lead"), not_with=("--tour",),
             because="a tour takes the transitions of its own scopes, in order"),
    ),
    "conform": (
        Rule(("--members", "--steps", "--seed"), not_with=("--case",),
             because="a case has its own size, and nothing random"),
        Rule(("--write",), not_with=("--timeout", "--out", "--html", "--log", "--json"),
             because="it writes test vectors and drives nothing"),
    ),
}  # fmt: skip
"""By command."""


class Checked(click.Command):
    """A command that refuses options which do not apply."""

    def invoke(self, ctx: click.Context) -> object:
        """Refuse, or run the command."""
        for rule in RULES.get(self.name or "", ()):
            for words in rule.objections(given_in(ctx)):
                raise click.UsageError(words, ctx)
        return super().invoke(ctx)


def given_in(context: click.Context) -> Given:
    """The options and arguments that the command line has."""
    return {
        name: context.params.get(parameter.name or "")
        for parameter in context.command.params
        if context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE
        for name in names_of(parameter)
    }


def names_of(parameter: click.Parameter) -> Collection[str]:
    """`--seed`; of an argument the word that stands for it in the usage, such as `NAME`."""
    if isinstance(parameter, click.Option):
        return parameter.opts
    return [(parameter.metavar or parameter.human_readable_name).split()[-1].strip("[].")]


def rows() -> Iterator[str]:
    """The table as Markdown."""
    yield "| command | option | goes with | does not go with |"
    yield "| --- | --- | --- | --- |"
    for command, rules in RULES.items():
        for rule in rules:
            wanted = " or ".join(f"`{one}`" for one in rule.goes_with) + (
                f", or no `{rule.unless}`" if rule.unless else ""
            )
            excluded = ", ".join(f"`{one}`" for one in rule.not_with)
            yield f"| `{command}` | {', '.join(f'`{one}`' for one in rule.options)} | {wanted} | {excluded} |"
