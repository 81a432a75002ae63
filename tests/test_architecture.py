"""The map of the code names every room, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("model", "properties", "reference")
PAGE = (ROOT / "docs" / "architecture.md").read_text()
README = (ROOT / "README.md").read_text()


def named(page: str) -> set[str]:
    """What stands in backquotes and looks like a file or a folder of ours."""
    return set(re.findall(r"`([a-z_]+(?:/[a-z_]+)*(?:/|\.py))`", page))


def stands(name: str) -> bool:
    """Whether there is a file or folder of that name, as a path from some folder of ours."""
    return (ROOT / name).exists() or any(next((ROOT / package).rglob(name), None) for package in (*PACKAGES, "tests"))


def test_every_room_is_on_the_map() -> None:
    rooms = {path.parent.relative_to(ROOT) for package in PACKAGES for path in (ROOT / package).rglob("*.py")}
    inner = {f"{'/'.join(room.parts[1:])}/" for room in rooms if len(room.parts) > 1}
    assert inner <= named(PAGE)


def test_what_the_map_names_is_there() -> None:
    assert [name for name in named(PAGE) | named(README) if not stands(name)] == []
