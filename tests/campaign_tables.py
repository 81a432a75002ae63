"""The tables of campaigns in the documents, made from what is kept of the campaigns in docs/campaigns.

After a campaign, `ringplug corosync table DIR --save docs/campaigns/NAME.json`, and then

    python -m tests.campaign_tables

writes them anew: what stands between `<!-- table NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from properties.corosync import summary
from properties.corosync.frequencies import frequencies
from properties.corosync.laboratory.scenarios import SCENARIOS
from properties.corosync.results import Kept, of_scenarios, read

DOCS = Path(__file__).resolve().parent.parent / "docs"
BLOCK = re.compile(r"(?P<begin><!-- table (?P<name>[\w-]+) -->\n\n)(?P<lines>.*?)(?P<end>\n\n<!-- end -->)", re.DOTALL)
BROKEN_BY_DESIGN = "kill-restart-without-state"
Lines = Sequence[str]


def campaign(name: str) -> Kept:
    """What is kept of a campaign."""
    return read(DOCS / "campaigns" / f"{name}.json")


def only(what: Kept, *of: str, claims: Sequence[str] = ()) -> Kept:
    """Claims that were judged on these, or these claims."""
    chosen = [index for index, (where, claim) in enumerate(what.claims) if where in of or claim in claims]
    runs = [
        msgspec.structs.replace(run, verdicts="".join(run.verdicts[index] for index in chosen)) for run in what.runs
    ]
    return msgspec.structs.replace(what, claims=[what.claims[index] for index in chosen], runs=runs)


def ours(*of: str) -> Kept:
    """Our nodes, without the scenario that breaks by design what rests on stored state."""
    found = of_scenarios(campaign("ringplug"), [name for name in SCENARIOS if name != BROKEN_BY_DESIGN])
    return only(found, *of) if of else found


def repaired(scenario: str, *claims: str) -> Lines:
    """The runs of a scenario with the daemon as it was and with all three patches, side by side."""
    sides = [("as it was", "before"), ("with the three patches", "abc")]
    found = [(name, only(campaign(f"corosync-{scenario}-{which}"), claims=claims)) for name, which in sides]
    return table(summary.beside(found))


def table(rows: Iterable[Sequence[str]]) -> Lines:
    """Rows as Markdown."""
    return list(summary.markdown(list(rows)))


TABLES: dict[str, Callable[[], Lines]] = {
    "beside": lambda: table(
        summary.beside([("corosync", campaign("corosync")), ("our nodes", ours("history", "run"))])
    ),
    "ringplug-fields": lambda: table(summary.by_field(ours())),
    "ringplug-run": lambda: table(summary.rows(campaign("ringplug"), "run")),
    "repair-at-message": lambda: repaired("at-message", "EVS-3", "EVS-4", "EVS-5", "EVS-6.3", "CLM-S3", "PLUG-H3"),
    "repair-delay": lambda: repaired("delay", "EVS-3", "EVS-4", "EVS-5", "EVS-6.3", "CFG-S3", "CLM-S3", "PLUG-H3"),
    "corosync-history": lambda: table(summary.rows(campaign("corosync"), "history")),
    "corosync-logs": lambda: table(summary.rows(campaign("corosync"), "logs")),
    "corosync-repaired": lambda: table(
        summary.beside(
            [
                ("as it is", campaign("corosync")),
                ("with the three patches", campaign("corosync-abc-200")),
            ]
        )
    ),
    "corosync-often": lambda: table(frequencies(campaign("corosync"))),
}


def written(text: str) -> str:
    """A document with its tables as they are made now; a name that nobody knows is an error."""

    def made(block: re.Match[str]) -> str:
        return block["begin"] + "\n".join(TABLES[block["name"]]()) + block["end"]

    return BLOCK.sub(made, text)


def documents() -> list[Path]:
    """The documents that have such tables."""
    return [path for path in sorted(DOCS.glob("*.md")) if BLOCK.search(path.read_text())]


if __name__ == "__main__":
    for path in documents():
        path.write_text(written(path.read_text()))
        print(path)
