"""Damage to the bytes of a file: of its bytes, its lines, or the words and values in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null|[\w{}-]+|[^\w\s]')
STRANGE = (
    b"null", b"true", b"-1", b"0", b"1.5", b"1e999", b"NaN", b"64", b"65536", b"18446744073709551616", b"9" * 5_000,
    b'""', b'"r9"', b'"\\ud800"', b'"\\u0000\\u001b[31m"', b'"' + b"x" * 3_000 + b'"', b"[]", b"{}", b"[[1,2],[3]]",
    b'{"a":{"b":[null]}}', b"[" * 1_500 + b"]" * 1_500, b'{"a":' * 1_200 + b"1" + b"}" * 1_200, b"\xff\xfe", b"\x00",
    b"\n", b"p0", b"{p0 p1}", b"r0", b"999999999s", b"-", b"|", b"",
)  # fmt: skip


def damaged(random: Random, content: bytes) -> bytes:
    """The bytes with one to three things changed."""
    for _ in range(random.choice((1, 1, 1, 2))):
        content = random.choice(WAYS)(random, content)
    return content


def other_byte(random: Random, content: bytes) -> bytes:
    at = random.randrange(len(content) + 1)
    return content[:at] + bytes([random.randrange(256)]) + content[at + 1 :]


def no_slice(random: Random, content: bytes) -> bytes:
    at, end = sorted(random.randrange(len(content) + 1) for _ in range(2))
    return content[:at] + content[min(end, at + random.choice((1, 8, len(content)))) :]


def slice_again(random: Random, content: bytes) -> bytes:
    at, end = sorted(random.randrange(len(content) + 1) for _ in range(2))
    return content[:end] + content[at:end] + content[end:]


def cut(random: Random, content: bytes) -> bytes:
    return content[: random.randrange(len(content) + 1)]


def line_elsewhere(random: Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True) or [b""]
    line = random.choice(lines)
    if random.random() < 0.5:
        lines.remove(line)
    lines.insert(random.randrange(len(lines) + 1), line)
    return b"".join(lines)


def other_token(random: Random, content: bytes) -> bytes:
    """A value or a word in the place of another: a strange one, or one of the file."""
    found = list(TOKEN.finditer(content))
    if not found:
        return random.choice(STRANGE)
    old, own = random.choice(found), random.choice(found)[0]
    return content[: old.start()] + random.choice((random.choice(STRANGE), own)) + content[old.end() :]


WAYS: tuple[Callable[[Random, bytes], bytes], ...] = (
    other_byte, no_slice, slice_again, cut, line_elsewhere, other_token, other_token, other_token, other_token,
)  # fmt: skip
