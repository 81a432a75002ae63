# The names of Dask distributed that are used here; its own types leave most open.
from collections.abc import Callable
from concurrent.futures import Executor
from types import TracebackType
from typing import Self, TypeVar

R = TypeVar("R")

class LocalCluster:
    scheduler_address: str
    def __init__(
        self,
        n_workers: int | None = None,
        threads_per_worker: int | None = None,
        dashboard_address: str | None = None,
        silence_logs: int = 30,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

class Client:
    cluster: LocalCluster
    def __init__(self, address: LocalCluster | str, timeout: str = "10s") -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def get_executor(self, *, pure: bool = False) -> Executor: ...
    def run(self, function: Callable[[], R]) -> dict[str, R]: ...
