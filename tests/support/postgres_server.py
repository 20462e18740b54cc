"""A real PostgreSQL server in a folder of its own, from Debian's package."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

USER, PASSWORD = "photopal", "s3cret/@ wörd"
"""The password has what must be written in another way in an address."""
MISSING = "no PostgreSQL server is installed (Debian: postgresql)"
SERVANTS = ("postgres", "nobody")
"""The server refuses to run as root."""


def binaries() -> Path | None:
    """The folder of initdb and pg_ctl; None where there is no server."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: one.parent.name)
    found = shutil.which("initdb")
    places = [*reversed(debian), *([Path(found).parent] if found else [])]
    return next((one for one in places if (one / "initdb").exists()), None)


class PostgresServer:
    """A server on a free port of this machine, with a password.

    Args:
        binaries: the folder of initdb and pg_ctl.
        folder: for its files; made when None.
    """

    def __init__(self, binaries: Path, folder: Path | None = None) -> None:
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="pg", dir=folder))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._as: list[str] = []
        if os.geteuid() == 0:
            servant = next(one for one in map(_user, SERVANTS) if one is not None)
            os.chown(self.folder, servant.pw_uid, servant.pw_gid)
            ids = [f"--reuid={servant.pw_uid}", f"--regid={servant.pw_gid}"]
            self._as = ["setpriv", *ids, "--clear-groups"]
        words = self.folder / "password"
        words.write_text(PASSWORD, encoding="utf-8")
        words.chmod(0o644)
        self._run(
            "initdb",
            *("-D", str(self.folder / "data"), "-U", USER, "--pwfile", str(words)),
            *("-A", "scram-sha-256", "--locale=C.UTF-8", "--no-sync"),
        )
        self.start()

    @property
    def address(self) -> str:
        """Of its one database, with user and password."""
        return self.address_of(USER, PASSWORD)

    def address_of(self, user: str, password: str, database: str = "postgres") -> str:
        """Of any of its databases."""
        return (
            f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/"
            f"{quote(database)}"
        )

    def start(self) -> None:
        """Start it, also again."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -k {self.folder} -c fsync=off"
        where = ("-D", str(self.folder / "data"), "-l", str(self.folder / "log"))
        self._run("pg_ctl", *where, "-w", "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once; harmless when it is stopped."""
        command = ("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "-w", "stop")
        self._run(*command, check=False)

    def remove(self) -> None:
        """Stop it and delete its files."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def sql(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements as the administrator; the rows of the last one."""
        with psycopg.connect(self.address, autocommit=True) as connection:
            rows: list[tuple[object, ...]] = []
            for statement in statements:
                cursor = connection.execute(statement.encode())
                rows = cursor.fetchall() if cursor.description else []
            return rows

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """The server does not answer, and does not hang up either."""
        children = f"/proc/{self._pid()}/task/{self._pid()}/children"
        pids = [self._pid(), *map(int, Path(children).read_text().split())]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def _pid(self) -> int:
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def _run(self, program: str, *arguments: str, check: bool = True) -> None:
        done = subprocess.run(
            [*self._as, str(self.binaries / program), *arguments],
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            # Not a pipe: the server inherits it, and would keep it open.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        if check and done.returncode:
            log = self.folder / "log"
            told = log.read_text(errors="replace")[-2000:] if log.exists() else ""
            raise AssertionError(f"{program} failed with status {done.returncode}\n{told}")


def _user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None
