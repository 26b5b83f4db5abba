"""Hashes of pictures: the signs of the lowest 128 frequencies of their cosine transform.

After PDQ (which takes 256 frequencies of a picture made 64 by 64, none of them with 0 across or down, and
cuts at the median). Ours are ordered from the lowest frequency up, so that the first WORD_BITS are a term for
the join, and cut at 0, so that the mirrored picture's hash is the same bits with fixed ones turned over.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from smallscreen.rights.model import HASH_BYTES, WORD_BITS, Box
from smallscreen.rights.picture.windows import Pictures, cosines

BITS = HASH_BYTES * 8
FLAT = 4.0
"""Gray levels of contrast (root mean square over the frequencies of the hash) below which a picture is flat."""
_SIZE = 16
_DOWN, _ACROSS = (axis.ravel() for axis in np.indices((_SIZE, _SIZE)))
_ORDER = np.lexsort((_DOWN, _DOWN + _ACROSS))[1 : BITS + 1]
_FREQUENCY = (_DOWN + _ACROSS)[_ORDER].astype(np.float32)
MIRROR: NDArray[np.uint8] = np.packbits(_ACROSS[_ORDER] % 2 == 1)
"""Turn these bits of a hash over, and it is that of the mirrored picture."""
_FIXED_FIRST = np.argsort(np.unpackbits(MIRROR), kind="stable")
_PAIRS = 1 << 16
"""Pairs of hashes compared at once: they stay near the processor."""
_POWERS = 1 << np.arange(WORD_BITS, dtype=np.int64)


def describe(
    pictures: Pictures, box: Box
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]]:
    """Hashes uint8 (n, HASH_BYTES), their quality uint8 (n,) 0 to 100, and how far each bit is from turning.

    Quality is the contrast in gray levels times 4, at most 100; below FLAT * 4 a picture says nothing.
    """
    terms = cosines(pictures, box, _SIZE).reshape(len(pictures), -1)[:, _ORDER]
    contrast = np.sqrt((terms * terms).sum(1))
    quality = np.minimum(100, contrast * 4).astype(np.uint8)
    # Strength falls with frequency in pictures of the world; without this the highest bits would always be weakest.
    margins = np.abs(terms) * _FREQUENCY
    return np.packbits(terms > 0, axis=1), quality, margins


def words(hashes: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The term of each hash: its first WORD_BITS bits as a number, int64 (n,)."""
    bits = np.unpackbits(hashes[:, : (WORD_BITS + 7) // 8], axis=1)[:, :WORD_BITS]
    return bits.astype(np.int64) @ _POWERS


def weakest(margins: NDArray[np.float32], count: int) -> NDArray[np.uint8]:
    """The places of the `count` bits of the word that are nearest to turning, uint8 (n, count)."""
    if not len(margins):
        return np.zeros((0, count), np.uint8)
    return np.argpartition(margins[:, :WORD_BITS], count, axis=1)[:, :count].astype(np.uint8)


def distances(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Differing bits of each hash on the left (n, bytes) and each on the right (m, bytes), uint8 (n, m)."""
    a, b = (np.ascontiguousarray(x).view(np.uint64) for x in (left, right))
    total = np.zeros((len(a), len(b)), np.uint8)
    for column in range(a.shape[1]):
        total += np.bitwise_count(a[:, column, None] ^ b[None, :, column])
    return total


def near(
    asked: NDArray[np.uint8], given: NDArray[np.uint8], most: int
) -> Iterator[tuple[bool, NDArray[np.intp], NDArray[np.intp], NDArray[np.int64]]]:
    """Pairs of hashes, rows of `asked` (n, bytes) and of `given` (m, bytes), that differ by at most `most` bits.

    Gives, piece by piece, whether `asked` was mirrored, the rows of both, and the bits by which they differ. Half of
    the bits are the same in a mirror: they are counted once for both sides.
    """
    left, right, turned = (_halves(x) for x in (asked, given, MIRROR[None, :]))
    rows = max(1, _PAIRS // max(1, len(given)))
    for start in range(0, len(asked), rows):
        part = slice(start, start + rows)
        same = np.bitwise_count(left[0][part, None] ^ right[0])
        other = left[1][part, None] ^ right[1]
        for side in (False, True):
            apart = (same + np.bitwise_count(other ^ turned[1][0] if side else other)).ravel()
            found = np.flatnonzero(apart <= most)
            if len(found):
                row, column = np.divmod(found, len(given))
                yield side, row + start, column, apart[found].astype(np.int64)


def _halves(packed: NDArray[np.uint8]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Two numbers a hash; the bits that a mirror turns over are all in the second."""
    bits = np.unpackbits(np.ascontiguousarray(packed), axis=1)[:, _FIXED_FIRST]
    both = np.ascontiguousarray(np.packbits(bits, axis=1)).view(np.uint64)
    return both[:, 0].copy(), both[:, 1].copy()
