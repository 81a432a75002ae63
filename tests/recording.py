"""Writing down what was computed of variants, mutants and the theorem, for `properties/variants/record.py`.

After a change of the machine, of claims or of variants:

    ringplug variants --compute --json > variants.json        (and --pairs, mutants, theorem in the same way)
    python -m tests.recording variants.json [FILE...]
    ringplug variants --markdown > docs/variants.md           (and mutants; ringplug spec > SPEC.md)
"""

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import msgspec

from properties.variants import record
from properties.variants.record import Mutants, StoredTable, Theorem, Variants, file_of, stored, written
from properties.variants.results import Beside, Caught, Pair, Table, Tried


def _known(kind: type[Any], empty: Any) -> Any:
    return msgspec.json.decode(file_of(kind).read_bytes(), type=kind) if file_of(kind).exists() else empty


def write(said: dict[str, Any]) -> Path:
    """Write what one JSON object of `--compute --json` says into the record that it belongs to."""
    now = version("ringplug")
    found: Variants | Mutants | Theorem
    if "variants" in said:
        rows = {one["id"]: Tried(_as(one["breaks"]), one["too_large"]) for one in said["variants"]}
        found = Variants(now, rows, _known(Variants, Variants(now, {}, [])).pairs)
    elif "pairs" in said:
        found = Variants(now, _known(Variants, Variants(now, {}, [])).variants, _as(said["pairs"], list[Pair]))
    elif "mutants" in said:
        found = Mutants(now, {one["id"]: _as(one["caught"], Caught | None) for one in said["mutants"]})
    else:
        tables: list[StoredTable] = [stored(_as(one, Table)) for one in said["theorem"]]
        found = Theorem(now, tables, _as(said["beside"], list[Beside]))
    file = file_of(type(found))
    file.write_text(written(found))
    return file


def _as(value: Any, kind: Any = None) -> Any:
    from properties.variants.results import Break

    return msgspec.convert(value, kind or list[Break])


def main(names: list[str]) -> None:
    """Write down what these files say."""
    for name in names:
        print(f"{name}: {write(msgspec.json.decode(Path(name).read_bytes()))}")


if __name__ == "__main__":
    record.FOLDER.mkdir(exist_ok=True)
    main(sys.argv[1:])
