"""Subtitle files, one an episode, in the formats that players, platforms and stations take."""

from __future__ import annotations

from pathlib import Path

from smallscreen.localize.package.bundle import EditionBundle
from smallscreen.localize.package.output import Made, Options, Output, Progress, episode_stem, many_files
from smallscreen.series.formats import TimedText, write_subtitles


class _Subtitles(Output):
    """One format; the files are written by `series.formats`, by their suffix."""

    suffix = ""
    order = 10

    def write(self, bundle: EditionBundle, out: Path, options: Options, progress: Progress) -> list[Made]:
        episodes = [e for e in bundle.episodes if e.lines]
        if not episodes:
            return []
        folder = out / "subtitles" / self.id
        folder.mkdir(parents=True, exist_ok=True)
        written = []
        for done, episode in enumerate(episodes):
            path = folder / (episode_stem(bundle, episode.number) + self.suffix)
            progress(done, len(episodes), f"{self.id} {path.name}")
            speakers = {cue.id: cue.speaker for cue in episode.cues}
            write_subtitles(
                path,
                [
                    TimedText(
                        n.start_ms,
                        n.end_ms,
                        n.text,
                        next((speakers[c] for c in n.cues if speakers.get(c)), None),
                    )
                    for n in sorted(episode.lines, key=lambda n: (n.start_ms, n.index))
                ],
                market=bundle.market,
                profile=bundle.profile,
                platform=bundle.platform,
                title=bundle.title or bundle.series.title,
            )
            written.append(path)
        return many_files(folder, f"{self.name} subtitles", written)


class Srt(_Subtitles):
    """SubRip."""

    id = "srt"
    name = "SRT"
    suffix = ".srt"
    description = "plain timed text, for upload to nearly every platform"


class Vtt(_Subtitles):
    """WebVTT."""

    id = "vtt"
    name = "WebVTT"
    suffix = ".vtt"
    description = "for players in web pages and apps"


class Ass(_Subtitles):
    """Advanced SubStation Alpha."""

    id = "ass"
    name = "ASS"
    suffix = ".ass"
    description = "styled and placed inside the platform's safe area, for editing and burning in"


class Ttml(_Subtitles):
    """TTML in the IMSC1 text profile."""

    id = "ttml"
    name = "TTML/IMSC1"
    suffix = ".ttml"
    description = "the delivery format of streaming services and stations"
