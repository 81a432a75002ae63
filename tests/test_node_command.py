"""The command `node`: what it refuses, in one line, and how a process of it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from properties.processes.processes import free_ports
from reference.node import keys
from tests.command import refused, ringplug

LIMIT_SECONDS = 120


def written(folder: Path, more: str = "") -> Path:
    """The configuration of a node that is alone."""
    (port,) = free_ports(1)
    file = folder / "n1.toml"
    if not (folder / "key").exists():
        keys.write_new(folder / "key")
    file.write_text(
        f'[node]\nid = 1\ncluster = "test"\nstate = "n1"\n[network]\naddress = "127.0.0.1:{port}"\nkey = "key"\n{more}'
    )
    return file


def test_a_key_is_made_once(tmp_path: Path) -> None:
    assert ringplug("node", "--new-key", tmp_path / "key").returncode == 0
    assert len(keys.read(tmp_path / "key")) == 1
    assert "key: File exists" in refused("node", "--new-key", tmp_path / "key")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name a configuration with --config, or a file for a new key with --new-key"),
        (["--config", "no-such-file.toml"], "no-such-file.toml: No such file"),
        (["--config", "a", "--new-key", "b"], "--new-key does not go with --config: it makes a key and runs nothing"),
    ],
)
def test_a_wrong_call_is_one_line(arguments: list[str], says: str) -> None:
    assert says in refused("node", *arguments)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path)
    (tmp_path / "key").chmod(0o644)
    assert "others may read or write it (mode 0644); chmod 600" in refused("node", "--config", file)


def test_a_wrong_key_in_the_file_is_named_with_the_nearest(tmp_path: Path) -> None:
    said = refused("node", "--config", written(tmp_path, '[record]\nhistori = "h"\n'))
    assert said == f"ringplug: {tmp_path}/n1.toml: [record] unknown key 'histori'; did you mean 'history'?\n"


def test_a_path_too_long_for_a_socket_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path)
    file.write_text(file.read_text().replace('state = "n1"', f'state = "{"n" * 120}"'))
    assert "too long for a socket, which may have 107 bytes; say node.socket" in refused("node", "--config", file)


def process(file: Path) -> subprocess.CompletedProcess[str]:
    """A node that ends at the end of its input, which is empty."""
    return subprocess.run(
        [sys.executable, "-m", "ringplug", "node", "--config", file, "--until-eof"],
        capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def test_a_node_ends_with_its_input(tmp_path: Path) -> None:
    done = process(written(tmp_path))
    assert done.returncode == 0, done.stderr
    first, *_, last = done.stderr.splitlines()
    assert (" start life=" in first, last.endswith("stop why='end of input'")) == (True, True), done.stderr
    assert not (tmp_path / "n1" / "socket").exists()


def test_a_full_disk_ends_a_node_with_one_line(tmp_path: Path) -> None:
    done = process(written(tmp_path, '[record]\nhistory = "/dev/full"\n'))
    assert done.returncode == 3, done.stderr
    assert done.stderr.splitlines()[-1] == "ringplug: /dev/full: cannot be recorded: No space left on device"
    assert "Traceback" not in done.stderr
