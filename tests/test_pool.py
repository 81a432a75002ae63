"""Jobs in processes: what becomes of a job whose process is killed, and of the others; and of an interrupt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from properties import pool
from properties.limits import LostJobError
from properties.pool import Job, Tick, run_jobs
from properties.variants import theorem
from tests.command import ringplug
from tests.deeds import Deed, RefusedError

ROOT = Path(__file__).parent.parent
RINGPLUG = ROOT / ".venv" / "bin" / "ringplug"


def outcomes(*does: str) -> dict[str, int | Exception]:
    jobs = [Deed(one) for one in does]
    found = {
        jobs[number].does: result for number, result in run_jobs(jobs, lambda tick: None, refusals=(RefusedError,))
    }
    assert found.keys() == set(does)
    return found


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("kill", "its process was ended by SIGKILL, as happens when memory runs out"),
        ("exit", "its process ended with exit code 7"),
        ("memory", "memory ran out"),
    ],
)
def test_a_job_is_lost_with_its_process_and_no_other_is(does: str, why: str) -> None:
    found = outcomes(does, "nothing", "this", "that", "more", "still more")
    lost = found.pop(does)
    assert isinstance(lost, LostJobError)
    assert str(lost) == f"the job that does {does}: {why}"
    assert all(isinstance(one, int) and one != os.getpid() for one in found.values())


def test_a_refusal_is_a_result() -> None:
    found = outcomes("refuse", "nothing")
    assert isinstance(found["refuse"], RefusedError)
    assert isinstance(found["nothing"], int)
    assert isinstance(outcomes("refuse")["refuse"], RefusedError)


@pytest.mark.parametrize("others", [(), ("nothing",)])
def test_another_error_is_raised_with_the_place_where_it_was(others: tuple[str, ...]) -> None:
    with pytest.raises(ZeroDivisionError, match="by mistake") as caught:
        outcomes("fail", *others)
    assert 'raise ZeroDivisionError("by mistake")' in "".join(caught.value.__notes__)


def test_a_job_that_is_alone_runs_in_this_process() -> None:
    ticks = list[Tick]()
    assert list(run_jobs([Deed("report")], ticks.append)) == [(0, os.getpid())]
    assert ticks == [Tick(0, "half done")]
    assert isinstance(outcomes("memory")["memory"], LostJobError)


def test_progress_comes_from_other_processes() -> None:
    ticks = list[Tick]()
    assert len(list(run_jobs([Deed(), Deed("report")], ticks.append))) == 2
    assert ticks == [Tick(1, "half done")]


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    """The processes that a command has started for jobs."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return [int(one) for one in children if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]


def test_a_check_of_which_a_process_is_killed_keeps_its_other_verdicts_and_is_undetermined() -> None:
    call = [RINGPLUG, "check", "--engine", "exhaustive", "--members", "2", "--claim", "RING-S1", "--claim", "CLM-S1"]
    check = subprocess.Popen([*call, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while len(workers := workers_of(check)) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    time.sleep(0.5)  # by then each has been given its job
    os.kill(workers[0], signal.SIGKILL)
    os.kill(workers[1], signal.SIGCONT)
    said, complained = check.communicate(timeout=120)
    assert check.returncode == 2, complained
    (verdict,) = json.loads(said)["results"]
    lost = "services" if verdict["claim"] == "RING-S1" else "numbered"
    (line,) = (one for one in complained.splitlines() if "lost" in one)
    assert line.startswith(f"ringplug: lost: exhaustive {lost} 2/1/1 with ")
    assert "SIGKILL" in line


def processor_time(process: subprocess.Popen[str]) -> float:
    """Seconds that it has computed."""
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def takes_interrupts() -> None:
    """In the new process: a job in the background inherits that interrupts are ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(
    "engine",
    [
        ["exhaustive", "--members", "3", "--handles", "2"],
        ["bounded", "--members", "5", "--handles", "2", "--rings", "2", "--depth", "30"],
        ["stateful", "--members", "8", "--examples", "10000"],
    ],
    ids=lambda one: one[0],
)
def test_an_interrupt_ends_a_job_that_is_alone_at_once(engine: list[str]) -> None:
    check = subprocess.Popen(
        [RINGPLUG, "check", "--claim", "PLUG-S1", "--engine", *engine],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=takes_interrupts,
    )  # fmt: skip
    while check.poll() is None and processor_time(check) < 1:  # it takes a third of that to start
        time.sleep(0.02)
    assert check.poll() is None
    assert not workers_of(check)
    check.send_signal(signal.SIGINT)
    _, complained = check.communicate(timeout=5)
    assert check.returncode == 130
    assert complained.splitlines()[-1] == "ringplug: interrupted"


def test_a_theorem_of_which_a_process_is_lost_is_partial_and_undetermined(monkeypatch: pytest.MonkeyPatch) -> None:
    def all_lost(jobs: Sequence[Job[object]], on_tick: object) -> Iterator[tuple[int, Exception]]:
        yield from ((number, LostJobError(f"{job.title}: killed")) for number, job in enumerate(jobs))

    monkeypatch.setattr(pool, "run_jobs", all_lost)
    monkeypatch.setattr(theorem, "beside", list)
    done = ringplug("theorem", "--claim", "CLM-S1", "--compute", "--json")
    said = json.loads(done.stdout)
    assert (done.returncode, said["partial"], said["theorem"]) == (2, True, [])
    assert [f"ringplug: lost: {one}" for one in said["lost"]] == done.stderr.splitlines()
