"""The configuration file of a daemon, as text.

Times are short, so that a run takes seconds; `token_coefficient` is zero, or each node above two would add 650 ms.
"""

from __future__ import annotations

from pathlib import Path

from properties.corosync.laboratory.plan import Plan

KEY_BYTES = 256
Block = dict[str, "str | int | Block | list[Block]"]


def address(node: int) -> str:
    """The node's address on the wire."""
    return f"10.77.0.{node}"


def mac(node: int) -> str:
    """The node's hardware address, fixed so that the switch needs to learn nothing."""
    return f"02:00:00:00:00:{node:02x}"


def state_dir(out: Path, node: int) -> Path:
    """Where the node stores its ring id."""
    return out / f"n{node}.state"


def log_file(out: Path, node: int) -> Path:
    """The node's log, of all its incarnations."""
    return out / f"n{node}.log"


def key_file(out: Path) -> Path:
    """The key that all nodes share."""
    return out / "authkey"


def configuration(plan: Plan, node: int, out: Path) -> str:
    """The file for this node."""
    blocks: Block = {
        "totem": _totem(plan, out),
        "nodelist": {
            "node": [{"name": f"n{other}", "nodeid": other, "ring0_addr": address(other)} for other in plan.node_ids]
        },
        "quorum": {"provider": "corosync_votequorum"},
        "system": {"sched_rr": "no", "move_to_root_cgroup": "no", "state_dir": str(state_dir(out, node))},
        "logging": {
            "to_stderr": "no",
            "to_syslog": "no",
            "to_logfile": "yes",
            "logfile": str(log_file(out, node)),
            "timestamp": "hires",
            "debug": plan.log_level,
        },
    }
    return "".join(_lines(blocks))


def _totem(plan: Plan, out: Path) -> Block:
    encrypted = plan.transport == "knet"
    totem: Block = {
        "version": 2,
        "cluster_name": "ringplug",
        "transport": plan.transport,
        "crypto_cipher": "aes256" if encrypted else "none",
        "crypto_hash": "sha256" if encrypted else "none",
        "token": plan.token_ms,
        "token_coefficient": 0,
        "token_retransmits_before_loss_const": 4,
        "join": plan.join_ms,
        "consensus": plan.consensus_ms,
        "merge": plan.merge_ms,
    }
    if encrypted:
        totem["keyfile"] = str(key_file(out))
    return totem


def _lines(block: Block, indent: str = "") -> list[str]:
    """One key a line: a brace followed by text would be refused."""
    lines: list[str] = []
    for key, value in block.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, dict):
                lines += [f"{indent}{key} {{\n", *_lines(one, indent + "    "), f"{indent}}}\n"]
            else:
                lines.append(f"{indent}{key}: {one}\n")
    return lines
