"""The packed form of a state: one *lane* of bits a processor (bit k of processor i's lane: is i in slot k).

Lanes lie side by side in 64-bit words. A permutation of processors permutes lanes, so sorting the lanes gives one
representative of each class of states that differ only in processors' names.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Column = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Word = NDArray[np.uint64]
WORD_BITS = 64
MOST_PROCESSORS = 8


class Packing:
    """How the states of a ground machine lie in words: a state is one row in each of a list of word columns."""

    def __init__(self, processors: int, slots: int) -> None:
        self.processors, self.slots = processors, slots
        self.lanes_per_word = WORD_BITS // slots
        self.words = -(-processors // self.lanes_per_word)
        self.lane_mask = np.uint64((1 << slots) - 1)
        self.places = [divmod(i, self.lanes_per_word) for i in range(processors)]
        """For each processor its word, and its lane in that word."""
        self.spread = [self._spread(word) for word in range(self.words)]
        self.bytes = _bits_to_bytes()

    def _spread(self, word: int) -> Word:
        """For each bitmap, the word with the lowest bit of each contained processor's lane set."""
        table = np.zeros(1 << self.processors, np.uint64)
        for i, (mine, lane) in enumerate(self.places):
            if mine == word:
                bitmaps = np.arange(len(table), dtype=np.uint64)
                table |= ((bitmaps >> np.uint64(i)) & np.uint64(1)) << np.uint64(lane * self.slots)
        return table

    def pack(self, fields: Column) -> list[Word]:
        """Fields of shape (slots, states) as words."""
        return [
            np.bitwise_or.reduce([spread[fields[k]] << np.uint64(k) for k in range(self.slots)])
            for spread in self.spread
        ]

    def unpack(self, words: list[Word]) -> Column:
        """Words as fields of shape (slots, states). Eight slots at a time: a lane's byte becomes eight bytes."""
        blocks: list[Column] = []
        for first in range(0, self.slots, 8):
            eight = np.zeros(len(words[0]), np.uint64)
            for i, (word, lane) in enumerate(self.places):
                shift = np.uint64(lane * self.slots + first)
                wide = (words[word] >> shift).astype(np.uint8)
                if first + 8 > self.slots:
                    wide &= np.uint8((1 << (self.slots - first)) - 1)
                eight |= self.bytes[wide] << np.uint64(i)
            blocks.append(eight.view(np.uint8).reshape(-1, 8).T[: self.slots - first])
        return np.ascontiguousarray(np.concatenate(blocks))

    def change(self, words: list[Word], rows: NDArray[np.intp], flips: dict[int, Column]) -> tuple[list[Word], Mask]:
        """The states in these rows with slots flipped by bitmaps, and which of them changed at all."""
        changed: list[Word] = []
        moved = np.zeros(len(rows), np.bool_)
        taken = {slot: flip[rows] for slot, flip in flips.items()}
        for word, spread in zip(words, self.spread, strict=True):
            delta = np.zeros(len(rows), np.uint64)
            for slot, flip in taken.items():
                delta ^= spread[flip] << np.uint64(slot)
            moved |= delta != 0
            changed.append(word[rows] ^ delta)
        return changed, moved

    def canonical(self, words: list[Word]) -> list[Word]:
        """The same states with processors renamed so that their lanes grow."""
        lanes = [(words[word] >> np.uint64(lane * self.slots)) & self.lane_mask for word, lane in self.places]
        for i in range(1, self.processors):
            for j in range(i, 0, -1):
                lanes[j - 1], lanes[j] = np.minimum(lanes[j - 1], lanes[j]), np.maximum(lanes[j - 1], lanes[j])
        sorted_words = [np.zeros(len(words[0]), np.uint64) for _ in words]
        for lane_bits, (word, lane) in zip(lanes, self.places, strict=True):
            sorted_words[word] |= lane_bits << np.uint64(lane * self.slots)
        return sorted_words


def _bits_to_bytes() -> Word:
    """For each byte the word whose eight bytes are its bits, lowest first."""
    bits = (np.arange(256, dtype=np.uint64)[:, None] >> np.arange(8, dtype=np.uint64)) & np.uint64(1)
    return np.bitwise_or.reduce(bits << (np.arange(8, dtype=np.uint64) * np.uint64(8)), axis=1)
