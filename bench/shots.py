"""The pictures of the main pages for README and docs, made of the sample series.

    python -m bench.shots docs/pictures          # studio-PAGE-light.png and -dark.png; --size 1440x900

Measures nothing; needs Chromium and chromedriver. The sample is made anew, with videos of its first episodes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from PIL import Image

from tests import browser as chromium
from tests.studio_server import running

EDITION = "en-US"
MOST_BYTES = 245_000
PAGES = {
    "series": ("/", "tr[data-episode] a.cell"),
    "timeline": (f"/episodes/1?edition={EDITION}#c=ep001.c0012", "#lanes > *"),
    "workbench": (f"/editions/{EDITION}.literal/episodes/4#c=ep004.c0004", ".findings li"),
    "brief": (f"/editions/{EDITION}/brief", "#items"),
}
"""Where each page is, and what is there when it is."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the folder for the pictures")
    parser.add_argument("--series", type=Path, help="a sample that is there already (it is not changed)")
    parser.add_argument("--size", default="1440x900")
    options = parser.parse_args()
    reason = chromium.missing()
    if reason:
        print(f"No picture was made: {reason}.")
        return 1
    width, height = map(int, options.size.split("x"))
    with tempfile.TemporaryDirectory(prefix="smallscreen-shots-") as folder:
        shots(options.series or sample(Path(folder) / "sample"), options.out, width, height)
    return 0


def sample(folder: Path) -> Path:
    """The sample series with three editions, three videos, an English brief, and its story read."""
    program = [sys.executable, "-m", "smallscreen"]
    drafts = str(folder / "drafts" / "finished")
    commands = [["sample", str(folder), "--video", "1-3"]]
    for market in ("en-US", "es-419", "id-ID"):
        literal = ["--literal", str(folder / "drafts" / "literal")] if market == "en-US" else []
        commands.append(["localize", str(folder), "--market", market, "--drafts", drafts, *literal])
    commands.append(["brief", str(folder), "--market", EDITION])
    commands.append(["story", str(folder), "--edition", EDITION])
    for command in commands:
        subprocess.run([*program, *command], check=True, stdout=subprocess.DEVNULL)
    return folder


def shots(series: Path, out: Path, width: int, height: int) -> None:
    """`out/studio-PAGE-light.png` and `out/studio-PAGE-dark.png` of every page, small enough for a README."""
    with running(series) as studio, chromium.started((width, height)) as browser:
        browser.resize(width, height)
        for theme in ("light", "dark"):
            browser.scheme(theme)
            for name, (path, there) in PAGES.items():
                # A page that differs from the one before in its hash alone would not be loaded.
                browser.open("about:blank")
                browser.open(studio.url + path)
                browser.one(there, 60)
                time.sleep(1.5)
                path_of = smaller(browser.shot(out / f"studio-{name}-{theme}.png"))
                for problem in browser.errors():
                    print(f"{name}: {problem}")
                print(f"{path_of} {path_of.stat().st_size // 1000} kB")


def smaller(path: Path) -> Path:
    """The picture in 256 colors where it is too large; the rare colors of a page are kept, the video's are dithered."""
    with Image.open(path) as picture:
        whole = picture.convert("RGB")
    whole.save(path, optimize=True)
    if path.stat().st_size > MOST_BYTES:
        whole.quantize(256, Image.Quantize.MAXCOVERAGE, kmeans=2).save(path, optimize=True)
    return path


if __name__ == "__main__":
    sys.exit(main())
