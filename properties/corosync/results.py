"""What is kept of a campaign: how each run ended and its verdicts, small enough to lie beside the documents.

Read from the folder of a campaign, finished or not, or from a file that was written of one. A run without verdicts is
under way or was broken off, and is passed over; how many there are is said.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from properties.corosync.barrier import Finding
from properties.corosync.campaign import FOUND, RECORDED, Case, Found, Run
from properties.corosync.laboratory.plan import Load, Plan, Transport
from properties.corosync.recording import Recorded
from properties.corosync.stored import UnreadableError, read_json
from properties.files import write_whole
from properties.judge.judgement import NOT_OBSERVABLE, OK, OPEN, VIOLATED

CAMPAIGN = "campaign.json"
DELIVERED = b'"e":"deliver"'
LETTERS = {OK: "k", VIOLATED: "v", OPEN: "o", NOT_OBSERVABLE: "n"}
NOT_JUDGED = "-"
VERDICTS = {letter: verdict for verdict, letter in LETTERS.items()}
Ending = Literal["rest", "no rest", "failed"]


class KeptRun(msgspec.Struct, frozen=True):
    """One run: which, how it ended, and a letter for each claim of the campaign, in its order."""

    scenario: str
    nodes: int
    transport: Transport
    load: Load
    seed: int
    ending: Ending
    seconds: float
    events: int
    deliveries: int
    verdicts: str


class Kept(msgspec.Struct, frozen=True):
    """A campaign without the reasons and events of its violations, and without any path."""

    versions: dict[str, str]
    daemon: str
    """The name of the file that it ran with `--binary`, if any."""
    claims: list[tuple[str, str]]
    """What each was judged on, and the claim."""
    unseen: dict[str, str]
    """Claims that no run could show, with the reason."""
    runs: list[KeptRun]
    without_verdicts: int = 0


def column(finding: Finding) -> tuple[str, str]:
    """Claims on histories and claims on logs are different columns."""
    return finding.of, finding.claim


def kept(found: Found, out: Path | None = None, without_verdicts: int = 0) -> Kept:
    """What is kept of a campaign, whose runs are in `out` if it was moved."""
    findings = [one for run in found.runs for one in run.findings]
    claims = list(dict.fromkeys(column(one) for one in findings if one.verdict != NOT_OBSERVABLE))
    unseen = {one.claim: one.reason for one in findings if column(one) not in claims}
    daemon = next((Path(run.case.binary).name for run in found.runs), "")
    versions = {of: number for of, number in found.versions.items() if of != "binary"}
    runs = [_kept_run(run, claims, out) for run in found.runs]
    return Kept(versions, daemon, claims, unseen, runs, without_verdicts)


def _kept_run(run: Run, claims: list[tuple[str, str]], out: Path | None) -> KeptRun:
    case, recorded = run.case, run.recorded
    given = deliveries(out / case.name if out else Path(run.directory))
    by = {column(one): LETTERS[one.verdict] for one in run.findings}
    ending: Ending = "failed" if recorded is None else "rest" if recorded.settled else "no rest"
    return KeptRun(
        case.scenario, case.nodes, case.transport, case.load, case.seed, ending,
        recorded.seconds if recorded else 0.0, recorded.events if recorded else 0, given,
        "".join(by.get(claim, NOT_JUDGED) for claim in claims),
    )  # fmt: skip


def deliveries(directory: Path) -> int:
    """Messages that the programs of a run were given."""
    return sum(file.read_bytes().count(DELIVERED) for file in directory.glob("n*.raw"))


def read(source: Path) -> Kept:
    """A campaign's folder, finished or not, or a file that was kept of one."""
    if source.is_file():
        return read_json(source, Kept)
    if (source / CAMPAIGN).exists():
        return kept(read_json(source / CAMPAIGN, Found), source)
    return _unfinished(source)


def _unfinished(source: Path) -> Kept:
    """The runs that have verdicts by now."""
    folders = sorted(one.parent for one in source.glob("*/plan.json"))
    judged = [one for one in folders if (one / RECORDED).exists() and (one / FOUND).exists()]
    if not judged:
        raise UnreadableError(f"{source} is no campaign: no folder in it has {RECORDED} and {FOUND}")
    return kept(Found({}, [_run(one) for one in judged]), source, len(folders) - len(judged))


def _run(folder: Path) -> Run:
    """A run of a campaign that is not finished; its number stands before its name."""
    plan = read_json(folder / "plan.json", Plan)
    number = folder.name.partition("-")[0]
    if not number.isdecimal():
        raise UnreadableError(f"{folder} is not named as a campaign names its runs")
    case = Case(int(number), plan.scenario, plan.nodes, plan.transport, plan.load, plan.seed, plan.binary)
    findings = read_json(folder / FOUND, list[Finding])
    return Run(case, str(folder), read_json(folder / RECORDED, Recorded), findings)


def of_scenarios(what: Kept, names: Sequence[str]) -> Kept:
    """The runs of these scenarios."""
    return msgspec.structs.replace(what, runs=[run for run in what.runs if run.scenario in names])


def write(what: Kept, path: Path) -> None:
    """One run a line."""
    runs = ",\n".join(msgspec.json.encode(run).decode() for run in what.runs)
    head = msgspec.json.encode(msgspec.structs.replace(what, runs=[])).decode()
    write_whole(path, head.replace('"runs":[]', f'"runs":[\n{runs}\n]', 1).encode() + b"\n")
