"""Many runs: which, each in a directory of its own, and what was found. What is there already is not run again.

A run that the laboratory could not do is tried once more, and then counted as failed; none is passed over.
"""

from __future__ import annotations

import itertools
import shlex
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from properties.corosync.barrier import Finding
from properties.corosync.judge import rebuild
from properties.corosync.laboratory.namespaces import LaboratoryError
from properties.corosync.laboratory.plan import LOADS, TRANSPORTS, Load, Plan, SystemName, Transport
from properties.corosync.laboratory.scenarios import plan, system_of
from properties.corosync.laboratory.systems import SYSTEMS
from properties.corosync.recording import Recorded, record
from properties.corosync.stored import UnreadableError, read_json
from properties.files import write_whole
from properties.judge.judgement import VIOLATED
from properties.pool import run_jobs
from properties.words import counted

NODE_CHOICES: dict[SystemName, tuple[int, ...]] = {"corosync": (3, 5), "ringplug": (3, 5, 9)}
STRIDE = 7
"""Our own runs take another way for each scenario; so any part of a campaign has all sizes, transports and loads."""
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
    binary: str = ""
    """Of corosync; without one, the one that is installed."""

    @property
    def name(self) -> str:
        return f"{self.index:04}-{self.scenario}-{self.nodes}-{self.transport}-{self.load}"

    @property
    def plan(self) -> Plan:
        made = plan(self.scenario, nodes=self.nodes, seed=self.seed, load=self.load, transport=self.transport)
        made.binary = self.binary
        return made

    @property
    def command(self) -> str:
        """Records this run alone."""
        how = f"--nodes {self.nodes} --transport {self.transport} --load {self.load} --seed {self.seed}"
        system = "" if system_of(self.transport) == "corosync" else f" --system {system_of(self.transport)}"
        system += f" --binary {shlex.quote(self.binary)}" if self.binary else ""
        return f"ringplug corosync record{system} --scenario {self.scenario} {how} --out DIR"


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


def ways(
    system: SystemName, nodes: Sequence[int] = (), transports: Sequence[str] = (), loads: Sequence[str] = ()
) -> list[tuple[Load, Transport, int]]:
    """Each load, transport and size of a campaign of this system, or those of these."""
    return [
        way
        for way in itertools.product(LOADS, TRANSPORTS[system], nodes or NODE_CHOICES[system])
        if way[0] in (loads or LOADS) and way[1] in (transports or TRANSPORTS[system])
    ]


def cases(
    runs: int, seed: int, scenarios: Sequence[str], system: SystemName = "corosync", binary: str = "",
    among: Sequence[tuple[Load, Transport, int]] = (),
) -> list[Case]:  # fmt: skip
    """So many cases: the scenarios in turn, and each time round another size, transport and load, `among` these."""
    among = among or ways(system)
    stride = 0 if system == "corosync" else STRIDE
    chosen: list[Case] = []
    for index in range(runs):
        load, transport, nodes = among[(index // len(scenarios) + stride * (index % len(scenarios))) % len(among)]
        chosen.append(Case(index + 1, scenarios[index % len(scenarios)], nodes, transport, load, seed + index, binary))
    return chosen


Judge = Callable[[Path, Callable[[str], None]], list[Finding]]
"""What says all verdicts on the run in a directory."""


@dataclass(frozen=True)
class Campaign:
    """Runs cases, and keeps what they gave."""

    out: Path
    chosen: Sequence[Case]
    judge: Judge
    judge_again: bool = False
    jobs: int = 1
    """How many runs go on side by side."""

    def run(self, say: Callable[[str, float], None]) -> Found:
        """Run and judge what is missing, and say which share is done."""
        self.out.mkdir(parents=True, exist_ok=True)
        runs: dict[int, Run] = {}

        def tell(words: str) -> None:
            bad = sum(one.verdict == VIOLATED for run in runs.values() for one in run.findings)
            failed = sum(bool(run.failed or run.bad_input) for run in runs.values())
            done = f"{len(runs)} of {counted(len(self.chosen), 'run')} done" + (f", {failed} failed" if failed else "")
            say(f"{done}, {counted(bad, 'claim')} violated; {words}", len(runs) / len(self.chosen))

        for number, run in self._alone(tell) if self.jobs == 1 else self._side_by_side(tell):
            runs[number] = run
        first = self.chosen[0].plan
        found = Found(SYSTEMS[first.system].versions(first), [run for _, run in sorted(runs.items())])
        write_whole(self.out / "campaign.json", msgspec.json.encode(found))
        return found

    def _alone(self, tell: Callable[[str], None]) -> Iterator[tuple[int, Run]]:
        """One run after the other."""
        for number, case in enumerate(self.chosen):
            yield number, CaseJob(self, case).run(lambda words, case=case: tell(f"{case.name}: {words}"))

    def _side_by_side(self, tell: Callable[[str], None]) -> Iterator[tuple[int, Run]]:
        """In processes; a run whose process was lost has failed."""
        jobs = [CaseJob(replace(self, chosen=()), case) for case in self.chosen]
        ticked = run_jobs(jobs, lambda tick: tell(f"{jobs[tick.job].title}: {tick.words}"), workers=self.jobs)
        for number, result in ticked:
            lost = Run(jobs[number].case, str(self.out / jobs[number].title), failed=str(result))
            yield number, lost if isinstance(result, Exception) else result


def same_daemon(directory: Path, wanted: Plan) -> None:
    """Refuse a run that is there already, of another daemon: it would be counted as this one's."""
    there = read_json(directory / "plan.json", Plan)
    if there.binary != wanted.binary:
        was, now = (one.binary or "the installed corosync" for one in (there, wanted))
        raise UnreadableError(f"{directory} is a run of {was}, not of {now}; each needs an --out of its own")


@dataclass(frozen=True)
class CaseJob:
    """One case of a campaign."""

    of: Campaign
    case: Case

    @property
    def title(self) -> str:
        """What it is called."""
        return self.case.name

    def run(self, progress: Callable[[str], None] | None = None) -> Run:
        """Recorded and judged, or read again."""
        say: Callable[[str], None] = progress or (lambda words: None)
        directory = self.of.out / self.case.name
        run = Run(self.case, str(directory))
        try:
            run.recorded = self._recorded(directory, say)
            run.findings = self._findings(directory, say)
        except UnreadableError as error:
            run.bad_input = str(error)
        except LaboratoryError as error:
            run.failed = str(error)
        return run

    def _recorded(self, directory: Path, say: Callable[[str], None]) -> Recorded:
        """The recording of this case; one that was broken off is made again."""
        kept = directory / RECORDED
        if kept.exists():
            same_daemon(directory, self.case.plan)
            return read_json(kept, Recorded)
        recorded = self._record(directory, say, TRIES)
        write_whole(kept, msgspec.json.encode(recorded))
        return recorded

    def _record(self, directory: Path, say: Callable[[str], None], tries: int) -> Recorded:
        """Record it, in so many tries."""
        shutil.rmtree(directory, ignore_errors=True)
        try:
            return record(self.case.plan, directory, say)
        except LaboratoryError:
            if tries == 1:
                raise
            return self._record(directory, say, tries - 1)

    def _findings(self, directory: Path, say: Callable[[str], None]) -> list[Finding]:
        """The verdicts on this run."""
        kept = directory / FOUND
        if kept.exists() and not self.of.judge_again:
            return read_json(kept, list[Finding])
        say("judging")
        if self.of.judge_again:
            rebuild(directory)
        findings = self.of.judge(directory, say)
        write_whole(kept, msgspec.json.encode(findings))
        return findings
