"""Many runs: which, each in a directory of its own, and what was found. What is there already is not run again.

A run that the laboratory could not do is tried once more, and then counted as failed; none is passed over.
"""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from properties.corosync.judge import Finding, judge_run, rebuild
from properties.corosync.laboratory.namespaces import LaboratoryError
from properties.corosync.laboratory.plan import LOADS, TRANSPORTS, Load, Plan, Transport
from properties.corosync.laboratory.requirements import versions
from properties.corosync.laboratory.scenarios import plan
from properties.corosync.recording import Recorded, record
from properties.corosync.stored import UnreadableError, read_json
from properties.files import write_whole
from properties.words import counted

NODE_CHOICES = (3, 5)
RECORDED, FOUND = "recorded.json", "verdicts.json"
TRIES = 2


class Case(msgspec.Struct, frozen=True):
    """One run of a campaign."""

    index: int
    scenario: str
    nodes: int
    transport: Transport
    load: Load
    seed: int

    @property
    def name(self) -> str:
        return f"{self.index:04}-{self.scenario}-{self.nodes}-{self.transport}-{self.load}"

    @property
    def plan(self) -> Plan:
        return plan(self.scenario, nodes=self.nodes, seed=self.seed, load=self.load, transport=self.transport)

    @property
    def command(self) -> str:
        """Records this run alone."""
        how = f"--nodes {self.nodes} --transport {self.transport} --load {self.load} --seed {self.seed}"
        return f"ringplug corosync record --scenario {self.scenario} {how} --out DIR"


class Run(msgspec.Struct):
    """What became of a case."""

    case: Case
    directory: str
    recorded: Recorded | None = None
    findings: list[Finding] = []
    failed: str = ""
    bad_input: str = ""
    """What it left is damaged: file, line and reason."""


class Found(msgspec.Struct):
    """What a campaign found."""

    versions: dict[str, str]
    runs: list[Run]


def cases(runs: int, seed: int, scenarios: Sequence[str]) -> list[Case]:
    """So many cases: the scenarios in turn, and each time round another size, transport and load."""
    ways = list(itertools.product(LOADS, TRANSPORTS, NODE_CHOICES))
    chosen: list[Case] = []
    for index in range(runs):
        load, transport, nodes = ways[index // len(scenarios) % len(ways)]
        chosen.append(Case(index + 1, scenarios[index % len(scenarios)], nodes, transport, load, seed + index))
    return chosen


class Campaign:
    """Runs cases, and keeps what they gave."""

    def __init__(self, out: Path, chosen: Sequence[Case], *, judge_again: bool = False) -> None:
        self.out, self.chosen, self.judge_again = out, chosen, judge_again

    def run(self, say: Callable[[str, float], None]) -> Found:
        """Run and judge what is missing, and say which share is done."""
        self.out.mkdir(parents=True, exist_ok=True)
        done: list[Run] = []
        for case in self.chosen:
            bad = sum(one.verdict == "violated" for run in done for one in run.findings)
            runs = f"{len(done)} of {counted(len(self.chosen), 'run')} done"
            where = f"{runs}, {counted(bad, 'claim')} violated; {case.name}"
            share = len(done) / len(self.chosen)
            done.append(self.one(case, lambda line, where=where, share=share: say(f"{where}: {line}", share)))
        found = Found(versions(), done)
        write_whole(self.out / "campaign.json", msgspec.json.encode(found))
        return found

    def one(self, case: Case, say: Callable[[str], None]) -> Run:
        """One case: recorded and judged, or read again."""
        directory = self.out / case.name
        run = Run(case, str(directory))
        try:
            run.recorded = self.recorded(case, directory, say)
            run.findings = self.findings(directory, say)
        except UnreadableError as error:
            run.bad_input = str(error)
        except LaboratoryError as error:
            run.failed = str(error)
        return run

    def recorded(self, case: Case, directory: Path, say: Callable[[str], None]) -> Recorded:
        """The recording of this case; one that was broken off is made again."""
        kept = directory / RECORDED
        if kept.exists():
            return read_json(kept, Recorded)
        recorded = self.record(case, directory, say, TRIES)
        write_whole(kept, msgspec.json.encode(recorded))
        return recorded

    def record(self, case: Case, directory: Path, say: Callable[[str], None], tries: int) -> Recorded:
        """Record it, in so many tries."""
        shutil.rmtree(directory, ignore_errors=True)
        try:
            return record(case.plan, directory, say)
        except LaboratoryError:
            if tries == 1:
                raise
            return self.record(case, directory, say, tries - 1)

    def findings(self, directory: Path, say: Callable[[str], None]) -> list[Finding]:
        """The verdicts on this run."""
        kept = directory / FOUND
        if kept.exists() and not self.judge_again:
            return read_json(kept, list[Finding])
        say("judging")
        if self.judge_again:
            rebuild(directory)
        findings = judge_run(directory)
        write_whole(kept, msgspec.json.encode(findings))
        return findings
