"""Judging the history in files."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from properties.history.reader import Fault, FileHistory
from properties.judge.judgement import Judgement, judge


class HistoryError(Exception):
    """Files that cannot be read to their end: `faults` says where and why, `judgement` is of all that came before."""

    def __init__(self, faults: Sequence[Fault], judgement: Judgement) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = list(faults)
        self.judgement = judgement


def judge_files(*paths: str | PathLike[str]) -> Judgement:
    """Which promises the history in these files keeps: one file, or one a process. docs/history.md has the format.

    HistoryError: a file cannot be read to its end. ValueError: no file is named.
    """
    if not paths:
        raise ValueError("a history is in one file or more; none is named")
    history = FileHistory.open([Path(path) for path in paths])
    judgement = judge(history)
    if history.faults:
        raise HistoryError(history.faults, judgement)
    return judgement
