"""One order of the lines of several files, of all that are possible.

A token comes after it was sent, a ring is installed after it was formed, and it is formed after each of its members has
started. Nothing else orders lines of different files: calls of different processors that are not so ordered change
different variables of the machine, and any such order will do. Of the files that can go on, the one goes on that is in
the ring of the lowest number.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence

import msgspec

from properties.follow.messages import START, LogError, Logged

Keys = set[Hashable]


class _Token(msgspec.Struct):
    """Of an answer, the token."""

    token: str | None = None


def in_one_order(files: Sequence[Sequence[Logged]]) -> list[Logged]:
    """The lines of all files; LogError if two wait for each other."""
    if len(files) == 1:
        return list(files[0])
    given_by, needed_by = _links(files)
    awaited: Keys = {key for keys in given_by.values() for key in keys}
    at, given, reached = [0] * len(files), set[Hashable](), [0] * len(files)
    merged: list[Logged] = []
    while open_ := [i for i, lines in enumerate(files) if at[i] < len(lines)]:
        ready = [i for i in open_ if not (needed_by[i, at[i]] & awaited) - given]
        if not ready:
            raise _stuck(files[open_[0]][at[open_[0]]])
        i = min(ready, key=lambda i: (reached[i], i))
        one = files[i][at[i]]
        merged.append(one)
        given |= given_by[i, at[i]]
        reached[i] = max(reached[i], one.call.ring[1] if one.call.ring else 0)
        at[i] += 1
    return merged


Links = dict[tuple[int, int], Keys]


def _links(files: Sequence[Sequence[Logged]]) -> tuple[Links, Links]:
    """Of each line, what others may wait for that it gives, and what it waits for itself."""
    gives, needs = dict[tuple[int, int], Keys](), dict[tuple[int, int], Keys]()
    told = defaultdict[Hashable, Keys](set)
    for i, lines in enumerate(files):
        lives = defaultdict[int, int](int)
        for at, one in enumerate(lines):
            call = one.call
            gives[i, at] = _gives(one)
            needs[i, at] = {call.token} if call.call == "token_received" else set()
            if call.call == START:
                lives[call.processor] += 1
                gives[i, at].add((call.processor, lives[call.processor], START))
            elif call.call == "ring_pending":
                told[call.ring].add((call.processor, lives[call.processor], START))
            elif call.call == "regular":
                needs[i, at].add(call.ring)
    for i, lines in enumerate(files):
        for at, one in enumerate(lines):
            if one.call.ring in gives[i, at]:
                needs[i, at] |= told[one.call.ring]
    return gives, needs


def _gives(one: Logged) -> Keys:
    """A token that is sent, a ring that is formed by it or by its only member."""
    call = one.call
    if call.call not in ("ring_pending", "token_received"):
        return set()
    try:
        token = msgspec.json.decode(call.answer, type=_Token).token
    except msgspec.DecodeError:
        return set()  # what is wrong with the answer is said where it is read
    given: Keys = {token} if token is not None else set()
    if call.call == "ring_pending" and (token is not None or call.members == [call.processor]):
        given.add(call.ring)
    return given


def _stuck(one: Logged) -> LogError:
    what = "receives a token" if one.call.call == "token_received" else "installs a ring"
    reason = f"{what} before it can have been made: the lines of these files are in no order"
    return LogError(one.file, one.line, reason)
