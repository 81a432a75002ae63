"""Files are written whole or not at all, and no command writes over what it reads."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from properties.files import is_among, write_whole
from properties.simulate.files import FILES
from tests.command import refused, ringplug


def test_a_file_is_replaced_or_left_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    write_whole(file, "änd\n")
    assert file.read_bytes() == "änd\n".encode()
    file.chmod(0o640)
    write_whole(file, b"two\n")
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"two\n", 0o640)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", "beside")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left") as caught:
        write_whole(file, b"three\n")
    assert caught.value.filename == str(file)
    assert file.read_bytes() == b"two\n"
    assert list(tmp_path.iterdir()) == [file], "nothing half done is left"


def test_a_new_file_has_the_usual_permissions(tmp_path: Path) -> None:
    (tmp_path / "usual").touch()
    write_whole(tmp_path / "new", "")
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_link_stays_a_link_and_a_device_a_device(tmp_path: Path) -> None:
    link, target = tmp_path / "link", tmp_path / "target"
    link.symlink_to(target)
    write_whole(link, "through")
    assert link.is_symlink()
    assert target.read_text() == "through"
    write_whole(Path("/dev/null"), "gone")
    assert not Path("/dev/null").is_file()
    with pytest.raises(OSError, match="No space left") as caught:
        write_whole(Path("/dev/full"), "gone")
    assert caught.value.filename == "/dev/full"


def test_a_file_is_known_by_every_name(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    link.symlink_to(file)
    assert not is_among(link, [file])
    file.touch()
    assert is_among(link, [tmp_path / "other", file])
    assert not is_among(tmp_path / "other", [file])


def test_no_command_writes_over_what_it_reads(tmp_path: Path) -> None:
    for name in FILES:
        (tmp_path / name).write_text("members 2\n")
        assert "name another directory" in refused("simulate", "--script", tmp_path / name, "--out", tmp_path)
    out = tmp_path / "out"
    assert f"both name {out}" in refused("conform", "--out", out, "--log", out, "--", "true")
    assert not out.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["trace", "PLUG-S1", "--witness", "--out"],
        ["explore", "--members", "1", "--rings", "1", "--graph"],
        ["lockstep", "--fault", "create-plugs-at-once", "--out"],
        ["services", "--members", "1", "--seconds", "0.1", "--out"],
    ],
    ids=lambda one: one[0],
)
def test_an_output_that_cannot_be_written_is_bad_input(arguments: list[str]) -> None:
    done = ringplug(*arguments, "/dev/full")
    assert (done.returncode, done.stderr) == (3, "ringplug: /dev/full: No space left on device\n")
