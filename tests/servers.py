"""A throw-away PostgreSQL server: its own folder, a unix socket, and nobody reaches it from outside."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NoReturn

import pytest

from galu.store.migrating import prepare_server
from galu.store.server import Server, server_named

OWNER, APP = "galu_owner", "galu_app"
_NUMBERS = itertools.count(1)


def binaries() -> Path | None:
    """Folder of the server's programs, where it is installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda place: int(place.parent.name))
    found = shutil.which("postgres")
    return debian[-1] if debian else Path(found).parent if found else None


def absent(what: str, why: str) -> NoReturn:
    """Skip a test for which something is not there; fail it where that is required (`GALU_REQUIRE`)."""
    if what in os.environ.get("GALU_REQUIRE", "").split(","):
        pytest.fail(f"required here: {why}")
    pytest.skip(why)


def require_postgresql() -> Path:
    """Folder of the server's programs; the test is skipped where there is none, unless it is required."""
    place = binaries()
    return place or absent("postgresql", "PostgreSQL is not installed (apt-get install postgresql)")


class Cluster:
    """A server of its own; `home` may lie on a small disk."""

    def __init__(self, home: Path | None = None) -> None:
        self.programs = require_postgresql()
        self.home = home or Path(tempfile.mkdtemp(prefix="galu-pg-", dir="/tmp"))
        self.data = self.home / "data"
        self._user = pwd.getpwnam("postgres" if _has_user("postgres") else "nobody")
        if os.getuid() == 0:
            os.chown(self.home, self._user.pw_uid, self._user.pw_gid)
        self._run(
            "initdb", "-D", self.data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C",
            "--no-sync", "--wal-segsize=1",
        )  # fmt: skip
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(
                f"listen_addresses = ''\nunix_socket_directories = '{self.home}'\nmax_connections = 60\n"
                "min_wal_size = 2MB\nmax_wal_size = 8MB\nshared_buffers = 16MB\nautovacuum = off\n"
            )
        self.start()
        for role in (OWNER, APP):
            self.sql(f"CREATE ROLE {role} LOGIN")
        self.sql(f"CREATE DATABASE trials OWNER {OWNER}")

    def address(self, role: str, schema: str = "galu") -> str:
        """The address of a record on this server."""
        return f"postgresql://{role}@/trials?host={self.home}&schema={schema}"

    def server(self, role: str, schema: str) -> Server:
        """The place of a record on this server."""
        return server_named(self.address(role, schema))

    def place(self, schema: str | None = None) -> Server:
        """A new place for a record, made by its owner, entered as the application."""
        schema = schema or f"trial_{os.getpid()}_{next(_NUMBERS)}"
        prepare_server(self.server(OWNER, schema), APP)
        return self.server(APP, schema)

    def sql(self, *statements: str, role: str = "postgres", database: str = "postgres") -> str:
        """Run statements as a role; what they answer."""
        words = [word for one in statements for word in ("-c", one)]
        command = [self.programs / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.home]
        done = subprocess.run(
            [*command, "-U", role, "-d", database, *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def start(self) -> None:
        """Start the server, and wait until it answers."""
        log = self.home / "log"
        self._process = subprocess.Popen(
            self._as_user([self.programs / "postgres", "-D", self.data]),
            stdout=log.open("ab"), stderr=subprocess.STDOUT, cwd="/", start_new_session=True,
        )  # fmt: skip
        for _ in range(600):
            if self._process.poll() is not None:
                break
            ready = [self.programs / "pg_isready", "-q", "-h", self.home, "-d", "postgres"]
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not start: {log.read_text(errors='replace')[-2000:]}")

    def kill(self) -> None:
        """Kill the server and all it started, as a power cut does to its processes."""
        parts = _children(self._process.pid)
        for process in (self._process.pid, *parts):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        self._process.wait()
        while any(Path(f"/proc/{process}").exists() for process in parts):
            time.sleep(0.01)
        (self.data / "postmaster.pid").unlink(missing_ok=True)

    def stop(self) -> None:
        """Stop it at once, with everything on the disk."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(60)

    def remove(self) -> None:
        """Stop it and leave nothing."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _run(self, program: str, *words: object) -> None:
        subprocess.run(
            self._as_user([self.programs / program, *words]), check=True, capture_output=True, cwd="/"
        )

    def _as_user(self, words: list[object]) -> list[str]:
        # A server ends with the tests that started it, however these end.
        begin = ["setpriv", "--pdeathsig=INT"]
        if os.getuid() == 0:
            begin += [f"--reuid={self._user.pw_uid}", f"--regid={self._user.pw_gid}", "--clear-groups"]
        return [*begin, *map(str, words)]


def _has_user(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


def _children(process: int) -> list[int]:
    found = []
    for place in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(place.read_text().rpartition(")")[2].split()[1]) == process:
                found.append(int(place.parent.name))
    return found


@functools.cache
def shared_cluster() -> Cluster:
    """One server for all tests of a process that do not harm it; it ends with the process."""
    import atexit

    cluster = Cluster()
    atexit.register(cluster.remove)
    return cluster
