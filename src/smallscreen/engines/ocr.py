"""Writing in a picture found and read by RapidOCR (PP-OCR models, which its package holds; extra `ocr`).

    reader = Reader()
    reader.find(gray)                # [(x0, y0, x1, y1, score), ...]: rows of writing
    reader.read([row, row])          # [Reading("你好", 0.99, (0.1, 0.6)), ...]

Pictures are uint8 arrays (height, width), gray. Nothing is downloaded: only the models that came with the
package are used. Finding is dear (about 0.13 s of one core for 288 x 512 pixels), reading cheap (0.02 s a row).
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from smallscreen.errors import EngineError, UserError

Box = tuple[int, int, int, int]

_FIND = "PP-OCRv6_det_small.onnx"
_READ = "PP-OCRv6_rec_small.onnx"
_SHARP = 48  # the height that the recognizer reads at
_NARROWEST, _WIDEST = 320, 3200


@dataclass(frozen=True, slots=True)
class Reading:
    """What one row says and how sure the recognizer is (0 to 1).

    `places` say where in the row each character begins (0 to 1), `sure` how sure each one is.
    """

    text: str
    score: float
    places: tuple[float, ...] = ()
    sure: tuple[float, ...] = ()


class Reader:
    """The models, loaded when they are first asked. UserError where RapidOCR is not installed."""

    def __init__(self, threads: int = 1) -> None:
        spec = find_spec("rapidocr")
        if spec is None or find_spec("onnxruntime") is None or spec.origin is None:
            raise UserError(
                'Reading subtitles from the picture needs RapidOCR; install it: pip install "smallscreen[ocr]".'
            )
        models = Path(spec.origin).parent / "models"
        for name in (_FIND, _READ):
            if not (models / name).is_file():
                raise UserError(
                    f"The installed rapidocr does not hold the model {name}; install rapidocr 3.10 or newer: "
                    'pip install -U "smallscreen[ocr]".'
                )
        self.name = f"rapidocr {_version()}"
        self._models, self._threads = models, threads

    def find(self, gray: np.ndarray) -> list[tuple[int, int, int, int, float]]:
        """Rows of writing as upright boxes with a score, from the top down."""
        high, wide = gray.shape[:2]
        if high < 16 or wide < 16:
            return []
        with _told():
            out = self._engine(_three(gray), use_det=True, use_cls=False, use_rec=False)
        if out.boxes is None:
            return []
        found = []
        for box, score in zip(np.asarray(out.boxes), out.scores, strict=True):
            (x0, y0), (x1, y1) = box.min(0), box.max(0)
            left, top = max(0, int(x0)), max(0, int(y0))
            right, foot = min(wide, int(np.ceil(x1))), min(high, int(np.ceil(y1)))
            if right - left >= 4 and foot - top >= 4:
                found.append((left, top, right, foot, float(score)))
        return sorted(found, key=lambda b: (b[1], b[0]))

    def read(self, rows: Sequence[np.ndarray]) -> list[Reading]:
        """What each of the rows says; an empty text where nothing can be read."""
        return [self._read(row) for row in rows]

    def _read(self, row: np.ndarray) -> Reading:
        cv2 = vision()
        high, wide = row.shape[:2]
        if high < 4 or wide < 4:
            return Reading("", 0.0)
        across = min(_WIDEST, max(_SHARP // 2, round(wide * _SHARP / high)))
        how = cv2.INTER_AREA if high > _SHARP else cv2.INTER_CUBIC
        small = cv2.resize(row, (across, _SHARP), interpolation=how).astype(np.float32) / 127.5 - 1
        padded = np.zeros((1, 3, _SHARP, max(_NARROWEST, -(-across // 32) * 32)), np.float32)
        padded[0, :, :, :across] = small
        session, letters = _recognizer(str(self._models / _READ), self._threads)
        with _told():
            steps = session.run(None, {session.get_inputs()[0].name: padded})[0][0]
        best = steps.argmax(1)
        # The blank is class 0; a class that goes on over several steps is one character.
        first = np.flatnonzero((best != 0) & (np.diff(best, prepend=0) != 0))
        if not len(first):
            return Reading("", 0.0)
        sure = steps[first, best[first]]
        scale = padded.shape[3] / len(steps) / across
        where = tuple(min(1.0, float((n + 0.5) * scale)) for n in first)
        return Reading(
            "".join(letters[n] for n in best[first]), float(sure.mean()), where, tuple(map(float, sure))
        )

    @property
    def _engine(self) -> Any:
        return _engine(str(self._models), self._threads)


def vision() -> Any:
    """OpenCV, which comes with RapidOCR; UserError where it is not there."""
    try:
        import cv2
    except ImportError:
        raise UserError(
            'Reading subtitles from the picture needs OpenCV; install it: pip install "smallscreen[ocr]".'
        ) from None
    cv2.setNumThreads(1)
    return cv2


@cache
def _engine(models: str, threads: int) -> Any:
    from rapidocr import RapidOCR

    folder = Path(models)
    options = {
        "Global.use_cls": False,
        "Global.log_level": "error",
        "Global.text_score": 0.0,
        "Det.model_path": str(folder / _FIND),
        "Det.limit_side_len": 64,  # pictures come in the size that they are to be looked at in
        "Rec.model_path": str(folder / _READ),
        "EngineConfig.onnxruntime.intra_op_num_threads": threads,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    try:
        return RapidOCR(params=options)
    except Exception as problem:
        raise EngineError(f"RapidOCR does not start: {str(problem)[:200]}") from problem


@cache
def _recognizer(model: str, threads: int) -> tuple[Any, list[str]]:
    """The recognizer's session and its characters; RapidOCR's own call hides where each one stands."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        letters = session.get_modelmeta().custom_metadata_map["character"].splitlines()
    except Exception as problem:
        raise EngineError(f"RapidOCR's recognizer does not start: {str(problem)[:200]}") from problem
    return session, ["", *letters, " "]


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """The engine's own troubles, as an EngineError; its log stays silent about pictures without writing."""
    logger = logging.getLogger("RapidOCR")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as problem:
        raise EngineError(f"RapidOCR stopped: {type(problem).__name__}: {str(problem)[:200]}") from problem
    finally:
        logger.disabled = before


def _three(gray: np.ndarray) -> np.ndarray:
    return np.repeat(np.ascontiguousarray(gray)[..., None], 3, axis=2)


def _version() -> str:
    from importlib.metadata import version

    return version("rapidocr")
