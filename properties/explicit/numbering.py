"""The states that a search has found, each with its number.

Exact: with more than one word a state, a 64-bit mix of the words orders the states; two different states with the same
mix would be noticed and end the search with an error, never with a wrong count.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from properties.explicit.columns import Mask, Word

Ids = NDArray[np.uint32]
"""Numbers of states."""


class States(ABC):
    """The states found so far, by number."""

    size: int

    @property
    @abstractmethod
    def bytes(self) -> int:
        """Memory held at the worst moment."""

    @abstractmethod
    def rows(self, first: int, last: int) -> list[Word]:
        """The states with these numbers."""

    @abstractmethod
    def numbers(self, words: list[Word]) -> Ids:
        """The numbers of states that were all found. ValueError: one was not."""


class StateIndex(States):
    """Their words in the order of their numbers, and those numbers sorted by key."""

    def __init__(self, words_count: int) -> None:
        self.size = 0
        self.words = [np.zeros(0, np.uint64) for _ in range(words_count)]
        """Columns of at least `size` rows."""
        self.keys = np.zeros(0, np.uint64)
        self.order = np.zeros(0, np.uint32)

    @property
    def bytes(self) -> int:
        """Held at the worst moment, when the sorted columns are copied to grow."""
        return 2 * (self.keys.nbytes + self.order.nbytes) + sum(word.nbytes for word in self.words)

    def rows(self, first: int, last: int) -> list[Word]:
        """The states with these numbers."""
        return [word[first:last] for word in self.words]

    def unknown(self, words: list[Word]) -> list[Word]:
        """Those of these states that are not in the index."""
        _, known = self.find(words)
        return [word[~known] for word in words]

    def numbers(self, words: list[Word]) -> Ids:
        """The numbers of states that are all in the index."""
        at, known = self.find(words)
        if not known.all():
            raise ValueError("a state was not found by the search")
        return self.order[at]

    def add(self, words: list[Word]) -> None:
        """Number the states that are unknown, in this order."""
        new = self.unknown(words)
        keys, count = keys_of(new), len(new[0])
        at = np.searchsorted(self.keys, keys)
        self.order = np.insert(self.order, at, np.arange(self.size, self.size + count, dtype=np.uint32))
        self.keys = np.insert(self.keys, at, keys)
        if self.size + count > len(self.words[0]):
            room = np.zeros(self.size // 2 + count, np.uint64)
            self.words = [np.concatenate([word[: self.size], room]) for word in self.words]
        for word, more in zip(self.words, new, strict=True):
            word[self.size : self.size + count] = more
        self.size += count

    def find(self, words: list[Word]) -> tuple[NDArray[np.intp], Mask]:
        """Where each state would be in the order, and whether it is there."""
        keys = keys_of(words)
        if not self.size:
            return np.zeros(len(keys), np.intp), np.zeros(len(keys), np.bool_)
        at = np.searchsorted(self.keys, keys)
        at[at == self.size] = 0
        known = self.keys[at] == keys
        if len(words) > 1:
            same_key = np.flatnonzero(known)
            numbers = self.order[at[same_key]]
            for mine, theirs in zip(self.words, words, strict=True):
                refuse_collision(mine[numbers] != theirs[same_key])
        return at, known


def keys_of(words: list[Word]) -> Word:
    """A 64-bit key a state: its only word, or a mix of all its words."""
    if len(words) == 1:
        return words[0]
    mixed = words[0]
    for word in words[1:]:
        mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(32))) + word * np.uint64(0x9E3779B97F4A7C15)
    return mixed ^ (mixed >> np.uint64(31))


def distinct(words: list[Word]) -> list[Word]:
    """Each state once, in the order of the keys; sorting is far faster here than numpy's hashing `unique`."""
    if len(words) == 1:
        ordered = [np.sort(words[0])]
        keys = ordered[0]
    else:
        keys = keys_of(words)
        order = np.argsort(keys)
        keys, ordered = keys[order], [word[order] for word in words]
    repeated = np.zeros(len(keys), np.bool_)
    repeated[1:] = keys[1:] == keys[:-1]
    for word in ordered:
        refuse_collision(repeated[1:] & (word[1:] != word[:-1]))
    return [word[~repeated] for word in ordered]


def refuse_collision(collides: Mask) -> None:
    """RuntimeError: there are states that collide."""
    if collides.any():
        raise RuntimeError("two different states have the same 64-bit key: change the constants of keys_of")
