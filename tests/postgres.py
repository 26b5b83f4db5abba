"""A real PostgreSQL server on loopback for the tests, started and stopped by them."""

from __future__ import annotations

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


def find() -> Path | None:
    """The folder with `initdb` and `postgres`, the newest version; None where there is no server."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


@contextmanager
def server() -> Iterator[str]:
    """The URL of an empty server; it is gone afterwards. Raises RuntimeError when it does not start."""
    binaries = find()
    if binaries is None:
        raise RuntimeError("PostgreSQL is not installed")
    # PostgreSQL refuses to run as root.
    user = "postgres" if os.geteuid() == 0 else None
    if user and not any(u.pw_name == user for u in pwd.getpwall()):
        raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="smallscreen-pg-"))
    if user:
        shutil.chown(folder, user)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"
    more = {"user": user} if user else {}
    process: subprocess.Popen[bytes] | None = None
    try:
        subprocess.run(
            [binaries / "initdb", "-D", data, "-U", "smallscreen", "-A", "trust", "-E", "UTF8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=folder,
            **more,  # type: ignore[call-overload]
        )
        options = [
            "-c",
            f"port={port}",
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            f"unix_socket_directories={folder}",
        ]
        process = subprocess.Popen(
            [binaries / "postgres", "-D", data, *options, "-c", "fsync=off"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            **more,  # type: ignore[call-overload]
        )
        for _ in range(100):
            ready = [binaries / "pg_isready", "-h", "127.0.0.1", "-p", str(port)]
            if subprocess.run(ready, capture_output=True).returncode == 0:
                break
            if process.poll() is not None:
                raise RuntimeError("PostgreSQL stopped at once")
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
        yield f"postgresql://smallscreen@127.0.0.1:{port}"
    except subprocess.CalledProcessError as e:
        raise RuntimeError(f"PostgreSQL does not start: {e.stderr.decode(errors='replace')[-200:]}") from None
    finally:
        if process is not None:
            process.send_signal(signal.SIGINT)  # "fast": open connections are not waited for
            process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)
