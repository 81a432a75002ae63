"""Count the holes that logs of corosync show: messages that a member had received, and could not send in recovery.

    python3 docs/corosync/holes.py n1.log n2.log ...

Logs need `debug: on`. A member that has received all up to the end of what the others lack (`Saving state aru A`, and
`copying all old ring messages from X-Y` with A at least Y) must originate all of X to Y; with fewer it has freed some
that another member lacks. Exit code 1 if there is one. Needs nothing but Python.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

LINE = re.compile(
    r"Saving state aru (?P<aru>\w+) high"
    r"|copying all old ring messages from (?P<first>\w+)-(?P<last>\w+)\."
    r"|Originated (?P<sent>\d+) messages in RECOVERY"
)


def holes(lines: Iterable[str]) -> Iterator[str]:
    """A sentence for each hole in one log."""
    aru, first, last = -1, 0, -1
    for match in filter(None, map(LINE.search, lines)):
        if match["aru"]:
            aru, first, last = int(match["aru"], 16), 0, -1
        elif match["first"]:
            first, last = int(match["first"], 16), int(match["last"], 16)
        elif aru >= last >= first and int(match["sent"]) < last - first + 1:
            yield f"had all of {first:x}-{last:x}, and sent {match['sent']} of {last - first + 1}"


def main(names: list[str]) -> int:
    """Print the holes of these logs."""
    found = [f"{name}: {hole}" for name in names for hole in holes(Path(name).read_text(errors="replace").splitlines())]
    print("\n".join([*found, f"{len(found)} in {len(names)} logs"]))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
