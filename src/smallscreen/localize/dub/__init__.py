"""Dubbing: an edition spoken, in the time that the picture leaves it.

    made = dub(work, Wish(voice="piper"))

`plan` says what is spoken and when, `cast` who speaks with which voice, `fit` brings speech into its slot,
`mix` lays it over the music and effects, `retime` moves subtitles to the voices, `script` and `recordings`
are the way to a studio and back. `make` is the step that does it all. See docs/dub.md.
"""

from smallscreen.localize.dub.make import Wish, dub, write_script

__all__ = ["Wish", "dub", "write_script"]
