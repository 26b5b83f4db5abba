"""Open programs that find copies, asked the same as ours on the same files in the same run.

Each peer is one small class: it describes a file and compares two descriptions; a higher score is more alike. Each
gets the best threshold there is for it, the one that lets no innocent of the run through, and is skipped with its
reason where it cannot be had. They run in an environment of their own: `$SMALLSCREEN_BENCH_PEERS` names its Python,
else one is made beside the made files with pip. What that needs of the system (Debian's names):

    vpdq          libavcodec-dev libavfilter-dev libavformat-dev libswscale-dev cmake g++
    videohash2    ffmpeg
    tmkpy         swig g++ ffmpeg
    fpcalc        libchromaprint-tools
    audfprint2    ffmpeg

Scores are kept; a second run asks only for what is new.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.common import ROOT, row, skip

if TYPE_CHECKING:
    from bench._disguises import Case

VARIABLE = "SMALLSCREEN_BENCH_PEERS"
_HOURS = 4
Scores = dict[str, dict[str, float]]
"""Of each query (its file's name) by each reference."""


class Peer:
    """One program. `describe` and `alike` run in the peers' environment alone."""

    id = ""
    name = ""
    package = ""
    """What pip installs; empty for a program of the system."""
    hears = False
    """It knows sound alone."""
    needs: tuple[str, ...] = ()

    def describe(self, path: str) -> Any:
        raise NotImplementedError

    def alike(self, query: Any, reference: Any) -> float:
        raise NotImplementedError


class VPdq(Peer):
    """Hashes four times a second; score: the larger of the shares of the query's and of the reference's hashes (of
    quality 50 or more) that have one of the other's within 31 bits."""

    id, name, package = "vpdq", "vPDQ", "vpdq"

    def describe(self, path: str) -> Any:
        import numpy as np
        import vpdq

        found = vpdq.computeHash(path, seconds_per_hash=0.25, thread_count=1)
        rows = [
            bytes.fromhex(vpdq.hash_to_hex(f.hash) if not isinstance(f.hash, str) else f.hash)
            for f in found
            if f.quality >= 50
        ]
        return np.frombuffer(b"".join(rows), np.uint8).reshape(-1, 32)

    def alike(self, query: Any, reference: Any) -> float:
        import numpy as np

        if not len(query) or not len(reference):
            return 0.0
        near = np.bitwise_count(query[:, None] ^ reference[None]).sum(2) <= 31
        return float(max(near.any(1).mean(), near.any(0).mean()))


class Provena(Peer):
    """Its own search with its least number of votes set to one; score: votes."""

    id, name, package = "provena", "provena-audit", "provena-audit"

    def describe(self, path: str) -> Any:
        from provena_audit.fingerprint import fingerprint_file

        return fingerprint_file(path)

    def alike(self, query: Any, reference: Any) -> float:
        import numpy as np
        from provena_audit import _kernel, audit

        sides = []
        for one in (reference, query):
            keep = one["quality"] >= audit.MIN_QUALITY
            at = (np.arange(len(one["pdq"])) / one["fps"])[keep].astype(np.float64)
            sides.append((np.ascontiguousarray(one["pdq"][keep]).view(np.uint64), at))
        (ours, when), (theirs, moment) = sides
        if not len(ours) or not len(theirs):
            return 0.0
        found = _kernel.lookup(ours, np.zeros(len(when), np.int64), when, theirs, moment, 31, 1, 1)
        votes = list(found[audit.FIELDS.index("votes")])
        return float(max(votes, default=0))


class VideoHash(Peer):
    """64 bits a video; score: bits that agree."""

    id, name, package, needs = "videohash2", "videohash2", "videohash2", ("ffmpeg",)

    def describe(self, path: str) -> Any:
        from videohash2 import VideoHash as Made

        folder = tempfile.mkdtemp()
        try:
            return Made(path=path, storage_path=folder).hash_hex
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def alike(self, query: Any, reference: Any) -> float:
        return 64.0 - (int(query, 16) ^ int(reference, 16)).bit_count()


class Tmk(Peer):
    """Score: its second level, which compares along time."""

    id, name, package, needs = "tmk", "TMK", "tmkpy", ("ffmpeg", "swig")

    def describe(self, path: str) -> Any:
        import tmkpy

        with tempfile.TemporaryDirectory() as folder:
            tmkpy.hashVideo(path, shutil.which("ffmpeg")).writeToOutputFile(f"{folder}/x.tmk", "bench")
            return Path(folder, "x.tmk").read_bytes()

    def alike(self, query: Any, reference: Any) -> float:
        import tmkpy

        with tempfile.TemporaryDirectory() as folder:
            one, other = f"{folder}/q.tmk", f"{folder}/r.tmk"
            Path(one).write_bytes(query)
            Path(other).write_bytes(reference)
            return float(tmkpy.query(one, [other], 1)[0])


class Chromaprint(Peer):
    """Its raw 32-bit items laid over each other at every offset; score: the most items within 6 bits at one offset,
    less what chance gives on offsets of the same overlap."""

    id, name, hears, needs = "chromaprint", "Chromaprint", True, ("fpcalc",)

    def describe(self, path: str) -> Any:
        import numpy as np

        # It ends with 3 where the last packet of a film says that it is over, and still gives all it heard.
        out = subprocess.run(
            ["fpcalc", "-raw", "-json", "-length", "600", path], capture_output=True, text=True
        )
        if out.returncode not in (0, 3):
            raise RuntimeError(out.stderr.strip() or "fpcalc ended without a word")
        return np.array(json.loads(out.stdout)["fingerprint"], np.uint32)

    def alike(self, query: Any, reference: Any) -> float:
        import numpy as np

        if not len(query) or not len(reference):
            return 0.0
        near = np.bitwise_count(query[:, None] ^ reference[None]) <= 6
        counts = [int(np.trace(near, k)) for k in range(-len(query) + 1, len(reference))]
        return float(max(counts) - np.median(counts))


class AudFprint(Peer):
    """Its landmarks against a table of one file; score: matching landmarks on one offset."""

    id, name, package, hears, needs = "audfprint2", "audfprint2", "audfprint2", True, ("ffmpeg",)

    def describe(self, path: str) -> Any:
        from audfprint2.core.analyzer import Analyzer

        return Analyzer(density=20.0).wavfile2hashes(path)

    def alike(self, query: Any, reference: Any) -> float:
        from audfprint2.core.hash_table import HashTable
        from audfprint2.core.matcher import Matcher

        if not len(query) or not len(reference):
            return 0.0
        table = HashTable(hashbits=20, depth=100, maxtime=16384)
        table.store("r", [(int(t), int(h)) for t, h in reference.tolist()])
        matcher = Matcher()
        matcher.window, matcher.threshcount = 2, 1
        found = matcher.match_hashes(table, query)
        return float(found[0, 1]) if len(found) else 0.0


PEERS: tuple[Peer, ...] = (VPdq(), Provena(), Tmk(), VideoHash(), Chromaprint(), AudFprint())


# --- beside ours -----------------------------------------------------------------------------


def compared(asked: Sequence[Case], ours: Mapping[str, Mapping[str, float]]) -> list[dict[str, Any]]:
    """Print the peers beside ours and give their rows. `ours`: confidence by reference, of each query's id."""
    table: dict[str, Mapping[str, Mapping[str, float]]] = {"smallscreen": ours}
    python = _python()
    for peer in PEERS:
        scores, why = _scores(peer, asked, python)
        if why:
            skip(f"rights against {peer.name}", why)
        else:
            table[peer.name] = scores
    if len(table) == 1:
        return []
    passes = {name: _passed(asked, scores) for name, scores in table.items()}
    kinds = list(dict.fromkeys((c.disguise, c.sound_replaced) for c in asked if c.disguise))
    print("\n" + f"{'hits at zero false matches':<44}" + "".join(f"{name:>14}" for name in table))
    for kind, replaced in kinds:
        of = [c for c in asked if (c.disguise, c.sound_replaced) == (kind, replaced)]
        words = kind + (", sound replaced" if replaced and kind != "sound" else "")
        print(
            f"{words:<44}"
            + "".join(f"{sum(c.id in p for c in of):>7} of {len(of):>3}" for p in passes.values())
        )
    copies = [c for c in asked if c.disguise]
    own = sum(c.id in passes["smallscreen"] for c in copies) / len(copies)
    shares = {name: sum(c.id in p for c in copies) / len(copies) for name, p in passes.items()}
    print(f"{'all':<44}" + "".join(f"{share:>14.3f}" for share in shares.values()))
    return [
        row(f"recall: all copies, beside {name}", own, "share", peer=name, peer_value=share)
        for name, share in shares.items()
        if name != "smallscreen"
    ]


def _passed(asked: Sequence[Case], scores: Mapping[str, Mapping[str, float]]) -> set[str]:
    """The copies whose right reference scores above every innocent."""
    innocent = max((s for c in asked if not c.disguise for s in scores.get(c.id, {}).values()), default=0.0)
    return {c.id for c in asked if c.disguise and scores.get(c.id, {}).get(c.asset, 0.0) > innocent}


def _scores(peer: Peer, asked: Sequence[Case], python: Path | None) -> tuple[Scores, str]:
    """By query id, and the reason where there are none."""
    from bench._episodes import cache, references

    missing = [n for n in peer.needs if not shutil.which(n)]
    if missing:
        return {}, f"{' and '.join(missing)} not on this machine"
    if python is None:
        return {}, "no environment for peers could be made"
    if peer.package and (why := _installed(peer, python)):
        return {}, why
    kept = cache() / f"peer-{peer.id}.json"
    known: Scores = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    names = [r.name for r in references()]
    # Who does not hear sees the same where only the sound was replaced: those files have the same coded pictures.
    of = {c.id: c.file() if peer.hears else c.shown().file() for c in asked}
    files = sorted({str(f) for f in of.values() if any(n not in known.get(f.name, {}) for n in names)})
    if files:
        task = {
            "peer": peer.id,
            "kept": str(kept),
            "queries": files,
            "references": {r.name: str(r.file()) for r in references()},
        }
        done = subprocess.run(
            [str(python), "-m", "bench._rights_peers"],
            input=json.dumps(task),
            text=True,
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=_HOURS * 3600,
        )
        if done.returncode:
            return {}, (done.stderr.strip().splitlines() or ["it ended without a word"])[-1][:200]
        known = json.loads(kept.read_text("utf-8"))
    return {c.id: known.get(of[c.id].name, {}) for c in asked}, ""


def _python() -> Path | None:
    """The Python of the peers' environment, made if there is none."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    from bench._episodes import cache

    folder = cache() / "peers"
    python = folder / "bin" / "python"
    if not python.is_file():
        try:
            venv.create(folder, with_pip=True)
        except (OSError, subprocess.CalledProcessError):
            return None
    return python


def _installed(peer: Peer, python: Path) -> str:
    """Install it if it is not there; the reason where it cannot be."""
    show = subprocess.run([str(python), "-m", "pip", "show", "-q", peer.package], capture_output=True)
    if show.returncode == 0:
        return ""
    done = subprocess.run(
        [str(python), "-m", "pip", "install", "-q", peer.package], capture_output=True, text=True
    )
    said = [line for line in done.stderr.splitlines() if "error" in line.lower()]
    return (
        ""
        if done.returncode == 0
        else f"pip cannot install {peer.package}: {(said or ['no reason given'])[0].strip()[:160]}"
    )


def _work() -> None:
    """In the peers' environment: describe what is asked for, compare, keep after every tenth file."""
    task = json.load(sys.stdin)
    peer = next(p for p in PEERS if p.id == task["peer"])
    kept = Path(task["kept"])
    known: Scores = json.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    ours = {name: peer.describe(path) for name, path in task["references"].items()}
    for number, path in enumerate(task["queries"], 1):
        query = peer.describe(path)
        known[Path(path).name] = {name: peer.alike(query, one) for name, one in ours.items()}
        if number % 10 == 0 or number == len(task["queries"]):
            part = kept.with_suffix(".part")
            part.write_text(json.dumps(known), "utf-8")
            os.replace(part, kept)


if __name__ == "__main__":
    _work()
