"""Logs as people have them, written line by line for what is tried: formats of versions that do not run here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from properties.conform.recorder import Watched
from properties.follow.messages import CallLine, Logged
from properties.history.events import Configuration
from properties.importers.barrier import judge_barrier
from properties.importers.imported import Imported
from properties.importers.importing import import_logs
from properties.importers.kinds import KINDS
from properties.judge.judgement import judge


class Logs:
    """Logs of one kind in a directory, and what comes of them."""

    def __init__(self, kind: str, directory: Path) -> None:
        self.kind, self.directory, self.count = KINDS[kind], directory, 0

    def write(self, name: str, text: str) -> Path:
        """A log with these lines."""
        path = self.directory / name
        path.write_text(text.removeprefix("\n"))
        return path

    def read(self, *files: str | Path, quiescent: bool = False) -> Imported:
        """The import of these files."""
        self.count += 1
        out = self.directory / f"import-{self.count}"
        out.mkdir()
        names = [str(self.directory / one) if isinstance(one, str) and "=" not in one else str(one) for one in files]
        return import_logs(self.kind, names, out, quiescent=quiescent)


def configurations(found: Imported, process: str = "1") -> list[Configuration]:
    events = [event for event in found.history.events() if event.process == process]
    return [event for event in events if isinstance(event, Configuration)]


def verdicts(found: Imported) -> dict[str, str]:
    """What is decided of each claim, and what is not observable because the import met it."""
    claims = found.without_a_verdict(judge(found.history).claims)
    assert not found.history.faults
    return {one.claim: one.verdict for one in claims if one.verdict != "not observable" or "import" in one.reason}


def barrier(found: Imported) -> dict[str, str]:
    """The verdicts about synchronization."""
    history = found.history
    findings = judge_barrier(history.read(), history.processes, history.observes, found.broken, found.decided)
    return {one.claim: one.verdict for one in findings}


def places(found: Imported, claim: str) -> list[str]:
    """Where the events of a violation are: file names and lines."""
    return [f"{Path(one.file).name}:{one.line}" for one in judge(found.history)[claim].events]


def ring(
    id: str, members: str, *, joined: str = "", left: str = "", tag: str = "Jul 04 09:56:59 p0 corosync[100]:  "
) -> str:
    """A membership with its synchronization, as 3.1 logs it at its usual level."""
    nodes = members.split()
    lists = (f" joined: {joined}" if joined else "") + (f" left: {left}" if left else "")
    return (
        f"{tag} [QUORUM] Sync members[{len(nodes)}]: {members}\n"
        + (f"{tag} [QUORUM] Sync joined[{len(joined.split())}]: {joined}\n" if joined else "")
        + (f"{tag} [QUORUM] Sync left[{len(left.split())}]: {left}\n" if left else "")
        + f"{tag} [TOTEM ] A new membership ({id}) was formed. Members{lists}\n"
        + f"{tag} [QUORUM] Members[{len(nodes)}]: {members}\n"
        + f"{tag} [MAIN  ] Completed service synchronization, ready to provide service.\n"
    )


def debug_ring(id: str, members: str, commits: tuple[str, ...], *, complete: bool = True, joined: str = "") -> str:
    """The same with `debug: on`: with each service that is committed, and perhaps not to the end."""
    tag = "Jul 04 09:56:59.123 [101] p0 corosync debug  "
    lines = [f"{tag} [SYNC  ] call init for locally known services"]
    lines += ring(id, members, joined=joined).splitlines()[:-1]
    lines += [f"{i}: {tag} [SYNC  ] Committing synchronization for {one}" for i, one in enumerate(commits)]
    lines += [f"{tag} [MAIN  ] Completed service synchronization, ready to provide service."] if complete else []
    return "\n".join(lines) + "\n"


A, B = "aaaaaaaa-0001", "bbbbbbbb-0001"
LISTENING = f"10:00:00 0 [Note] WSREP: ({A}, 'tcp://0.0.0.0:4567') listening at tcp://0.0.0.0:4567\n"


def block(kind: str, id: str, members: str, *, gone: str = "", head: str = "WSREP: ", before: str = "\t") -> str:
    """A view in the layout of MariaDB."""
    listed = "".join(f"{before}{one},0\n" for one in members.split())
    parted = "".join(f"{before}{one},0\n" for one in gone.split())
    return (
        f"10:00:01 0 [Note] {head}view(view_id({kind},{id}) memb {{\n{listed}}} joined {{\n}} left {{\n"
        f"}} partitioned {{\n{parted}}})\n"
    )


def logged(calls: Sequence[Watched]) -> list[Logged]:
    """Watched calls as lines of a log."""
    found: list[Logged] = []
    for number, one in enumerate(calls, 2):
        fields: dict[str, Any] = {"processor": one.processor, "call": one.call, **one.asked}
        if one.after is not None:
            fields |= {"answer": one.answer, "after": one.after}
        if one.sent is not None:
            fields["sent"] = one.sent
        found.append(Logged("log", number, msgspec.json.decode(msgspec.json.encode(fields), type=CallLine)))
    return found
