"""Subtitles that are part of the picture, read into timed cues.

    read = read_video(Path("ep001.mp4"), Reader())
    read.cues        # [BurnedCue(start_ms, end_ms, text, confidence, box), ...]

`frames` decodes and scales, `places` finds where subtitles stand, `strokes` follows them from frame to frame,
`rows` reads each line once, `junk` drops what is no subtitle, `merge` makes cues, `step` does it for a series.
"""

from smallscreen.series.burned.model import BurnedCue, VideoRead
from smallscreen.series.burned.video import read_video

__all__ = ["BurnedCue", "VideoRead", "read_video"]
