"""Count the processes that are counted from an older ring, as logs of corosync show them: finding A.

    python3 docs/corosync/ghosts.py n1.log n2.log ...

Logs need `debug: on`. When the members of a process group are put together, the log names each process that is counted
(`joinlist_messages[i] group:G, ip:r(0) ip(A) , pid:P`). One of a node that is not in the ring is a ghost; one that is
counted twice is once from an older ring. Exit code 1 if there is a ghost. Needs nothing but Python, and addresses that
end with the number of the node, as those of `ringplug corosync record` do.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

LINE = re.compile(
    r"Sync members\[\d+\]: (?P<members>[\d ]+)"
    r"|joinlist_messages\[(?P<index>\d+)\] group:(?P<group>\S+),"
    r" ip:r\(0\) ip\([\d.]*\.(?P<node>\d+)\) , pid:(?P<pid>\d+)"
)


def lists(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """For each process that is counted and should not be: `ghost` or `twice`, and which."""
    members: set[str] = set()
    seen: set[tuple[str, str, str]] = set()
    for match in filter(None, map(LINE.search, lines)):
        if match["members"]:
            members = set(match["members"].split())
            continue
        one = (match["group"], match["node"], match["pid"])
        seen = seen if int(match["index"]) else set()
        if match["node"] not in members:
            yield "ghost", f"process {match['pid']} of node {match['node']}, ring of {' '.join(sorted(members))}"
        elif one in seen:
            yield "twice", f"process {match['pid']} of node {match['node']}"
        seen.add(one)


def main(names: list[str]) -> int:
    """Print the ghosts of these logs, and how many were counted twice."""
    found = [(name, *one) for name in names for one in lists(Path(name).read_text(errors="replace").splitlines())]
    ghosts = [f"{name}: {says}" for name, kind, says in found if kind == "ghost"]
    print("\n".join([*ghosts, f"{len(ghosts)} ghosts, and {len(found) - len(ghosts)} twice, in {len(names)} logs"]))
    return 1 if ghosts else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
