"""Watching a folder: each file once by its hash, growing files wait, and a run that was killed goes on."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from smallscreen.errors import UserError
from smallscreen.rights.cases import Case
from smallscreen.rights.watch import Looked, looked_at, watch
from tests.rights_clips import digest


class Folder:
    """A watched folder, with what was looked at; files are no videos, because watching does not read them."""

    def __init__(self, root: Path) -> None:
        self.root, self.catalogue = root / "in", root / "catalogue"
        self.root.mkdir()
        self.looked: list[str] = []
        self.fail: dict[str, Exception] = {}
        self.meanwhile: Callable[[Path], None] = lambda path: None

    def put(self, name: str, data: bytes, age: float = 60) -> Path:
        path = self.root / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(data)
        os.utime(path, (time.time() - age, time.time() - age))
        return path

    def look(self, path: Path) -> list[Case]:
        self.looked.append(path.name)
        self.meanwhile(path)
        if path.name in self.fail:
            raise self.fail[path.name]
        return []

    def watch(self, **more: object) -> Iterator[Looked]:
        given = {"once": True, "settle": 0.05, "interval": 0.01, **more}
        return watch(self.root, self.catalogue, self.look, digest, {".mp4"}, **given)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


def test_each_file_once_by_its_hash(folder: Folder) -> None:
    folder.put("a.mp4", b"one")
    folder.put("sub/b.MP4", b"two")
    folder.put("copy of a.mp4", b"one")
    folder.put("a.txt", b"no video")
    folder.put(".hidden.mp4", b"hidden")
    (folder.root / "link.mp4").symlink_to("/etc/passwd")
    assert [x.path.name for x in folder.watch()] == ["a.mp4", "b.MP4"]
    assert list(folder.watch()) == []
    (folder.root / "a.mp4").rename(folder.root / "z.mp4")
    assert list(folder.watch()) == []
    folder.put("a.mp4", b"three")
    assert [x.path.name for x in folder.watch()] == ["a.mp4"]
    assert folder.looked == ["a.mp4", "b.MP4", "a.mp4"]
    assert sorted(x.path.name for x in folder.watch(again=True)) == ["a.mp4", "b.MP4", "copy of a.mp4"]


def test_stopped_between_files_it_goes_on_with_the_next(folder: Folder) -> None:
    for n in range(5):
        folder.put(f"{n}.mp4", b"%d" % n)
    run = folder.watch()
    next(run)
    next(run)
    run.close()  # as Ctrl-C and kill do: the third was not begun
    assert [x.path.name for x in folder.watch()] == ["2.mp4", "3.mp4", "4.mp4"]


def test_killed_while_it_looks_it_looks_again(folder: Folder) -> None:
    folder.put("a.mp4", b"one")
    folder.fail["a.mp4"] = KeyboardInterrupt()  # type: ignore[assignment]
    with pytest.raises(KeyboardInterrupt):
        list(folder.watch())
    folder.fail.clear()
    assert len(list(folder.watch())) == 1


def test_a_file_that_grows_waits(folder: Folder) -> None:
    path = folder.put("a.mp4", b"one", age=0)
    sizes: list[int] = []

    def grow(seconds: float) -> None:
        sizes.append(path.stat().st_size)
        if len(sizes) < 4:
            path.write_bytes(path.read_bytes() + b"more")
        time.sleep(0.06)

    found = list(folder.watch(sleep=grow))
    assert [x.sha256 for x in found] == [digest(path)]
    assert len(sizes) >= 4
    assert folder.looked == ["a.mp4"]


def test_a_file_that_changes_while_it_is_looked_at_is_looked_at_again(folder: Folder) -> None:
    path = folder.put("a.mp4", b"one")
    folder.meanwhile = lambda p: p.write_bytes(b"another") if len(folder.looked) == 1 else None
    found = list(folder.watch())
    assert [x.sha256 for x in found] == [digest(path)]
    assert folder.looked == ["a.mp4", "a.mp4"]
    assert looked_at(folder.catalogue, digest(path))


def test_a_file_that_cannot_be_read_is_said_once_and_the_others_go_on(folder: Folder) -> None:
    folder.put("a.mp4", b"one")
    folder.put("b.mp4", b"two")
    folder.fail["a.mp4"] = UserError("a.mp4: this is not a video.")
    assert [x.problem for x in folder.watch()] == ["a.mp4: this is not a video.", ""]
    assert list(folder.watch()) == []


def test_a_full_disk_is_no_fault_of_the_file(folder: Folder) -> None:
    folder.put("a.mp4", b"one")
    folder.fail["a.mp4"] = OSError(28, "No space left on device")
    with pytest.raises(OSError, match="No space"):
        list(folder.watch())
    folder.fail.clear()
    assert len(list(folder.watch())) == 1


def test_new_fingerprints_look_at_all_again(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.put("a.mp4", b"one")
    assert len(list(folder.watch())) == 1
    monkeypatch.setattr("smallscreen.rights.watch.FINGERPRINT_VERSION", 1_000)
    assert len(list(folder.watch())) == 1


def test_damaged_records_are_made_anew(folder: Folder) -> None:
    folder.put("a.mp4", b"one")
    list(folder.watch())
    for record in (folder.catalogue / "watched").rglob("*.json"):
        record.write_text("[" * 100)
    assert len(list(folder.watch())) == 1


def test_files_that_come_later_are_found(folder: Folder) -> None:
    def arrive(seconds: float) -> None:
        folder.put("late.mp4", b"late")

    run = folder.watch(once=False, sleep=arrive)
    assert next(run).path.name == "late.mp4"
    run.close()
    with pytest.raises(UserError, match="is no folder"):
        next(watch(folder.root / "none", folder.catalogue, folder.look, digest, {".mp4"}))
