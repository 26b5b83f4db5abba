"""A real headless Chromium for the tests and the benchmarks, driven by Selenium and chromedriver.

    from tests.browser import Browser

    def test_page(browser: Browser) -> None:          # the fixture is in conftest; one browser for a test file
        browser.open(server.url + "/")
        assert browser.errors() == []
        assert browser.accessibility() == []

Where there is no Chromium or no chromedriver the tests that ask for `browser` are skipped, with the reason.
Scripts of the tests come in through DevTools, which a page's content policy does not hold back, so a page
is measured and checked under the very policy that it is served with.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DESKTOP = (1440, 900)
PHONE = (390, 844)
SEVERE = ("serious", "critical")
SHOTS = "SMALLSCREEN_TEST_SHOTS"
"""A folder; when the variable is set, `look` leaves pictures there for people."""


def missing() -> str | None:
    """Why no browser can be started here; None when one can."""
    try:
        import selenium  # noqa: F401
    except ModuleNotFoundError:
        return "selenium is not installed"
    if _chromium() is None:
        return "Chromium is not installed on this machine"
    return None if shutil.which("chromedriver") else "chromedriver is not installed on this machine"


def _chromium() -> str | None:
    return next((found for name in CHROMIUM if (found := shutil.which(name))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for the tests of a file; `browser.fresh()` forgets cookies and what pages remember."""
    reason = missing()
    if reason:
        pytest.skip(reason)
    with started() as one:
        yield one


@contextmanager
def started(size: tuple[int, int] = DESKTOP, language: str = "en") -> Iterator[Browser]:
    """A browser with a profile of its own, both gone afterwards. RuntimeError where it cannot be started."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    reason = missing()
    if reason:
        raise RuntimeError(reason)
    profile = tempfile.mkdtemp(prefix="smallscreen-browser-")
    options = webdriver.ChromeOptions()
    options.binary_location = _chromium() or ""
    # --no-sandbox: a test as root, as in a container, cannot have one; what it opens is our own server.
    for flag in (
        "headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "hide-scrollbars", "mute-audio",
        "no-first-run", "disable-background-networking", "disable-component-update", "disable-sync", "disable-quic",
        "no-proxy-server", "autoplay-policy=no-user-gesture-required", "force-prefers-reduced-motion",
        f"lang={language}", f"window-size={size[0]},{size[1]}", f"user-data-dir={profile}",
    ):  # fmt: skip
        options.add_argument(f"--{flag}")
    options.add_experimental_option(
        "prefs", {"intl.accept_languages": language, "download.default_directory": profile + "/downloads"}
    )
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.set_page_load_timeout(60)
        driver.set_script_timeout(60)
        yield Browser(driver, Path(profile) / "downloads")
    finally:
        driver.quit()
        shutil.rmtree(profile, ignore_errors=True)


class Browser:
    """What tests do with a page. `driver` is Selenium's own, for everything else."""

    def __init__(self, driver: Any, downloads: Path) -> None:
        self.driver = driver
        self.downloads = downloads

    # --- pages -----------------------------------------------------------------------------

    def open(self, url: str) -> None:
        """Go to a page and wait until it is loaded. Errors of the page before are forgotten."""
        self.errors()
        self.driver.get(url)

    def fresh(self) -> None:
        """Forget cookies and all that pages keep, and leave the page."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        here = urlsplit(self.driver.current_url)
        if here.scheme.startswith("http"):
            origin = f"{here.scheme}://{here.netloc}"
            self.driver.execute_cdp_cmd(
                "Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"}
            )
        self.driver.get("about:blank")
        self.errors()

    def cookie(self, name: str, value: str) -> None:
        """Set a cookie of the page that is open (`smallscreen_language`, `smallscreen_edition`)."""
        self.driver.add_cookie({"name": name, "value": value, "path": "/"})

    def resize(self, width: int, height: int) -> None:
        """The inner size of the page in CSS pixels, exactly; also narrower than a window may be."""
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def scheme(self, theme: str) -> None:
        """What the reader's system asks for: `light` or `dark`."""
        feature = {"name": "prefers-color-scheme", "value": theme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    # --- elements --------------------------------------------------------------------------

    def one(self, css: str, seconds: float = 10) -> Any:
        """The first element for `css` that is there and shown, waiting for it."""

        def find() -> Any:
            return next((e for e in self.all(css) if e.is_displayed()), None)

        return self.wait(find, seconds, f"an element {css!r} that is shown")

    def all(self, css: str) -> list[Any]:
        """All elements for `css`, shown or not."""
        from selenium.webdriver.common.by import By

        return list(self.driver.find_elements(By.CSS_SELECTOR, css))

    def text(self, css: str) -> str:
        return str(self.one(css).text)

    def wait(self, what: Callable[[], Any], seconds: float = 10, told: str = "the condition") -> Any:
        """What `what` gives once it is true; AssertionError with `told` when it never is."""
        from selenium.common.exceptions import StaleElementReferenceException

        until = time.monotonic() + seconds
        while True:
            try:
                found = what()
            except StaleElementReferenceException:
                found = None
            if found:
                return found
            if time.monotonic() > until:
                raise AssertionError(
                    f"After {seconds:g} s there is still not {told} on {self.driver.current_url}."
                )
            time.sleep(0.02)

    # --- keyboard --------------------------------------------------------------------------

    def keys(self, *combinations: str) -> None:
        """Press keys where the focus is: `keys("Tab", "ctrl+Enter", "j")`; names are Selenium's or one character."""
        from selenium.webdriver.common.action_chains import ActionChains
        from selenium.webdriver.common.keys import Keys

        held = {"ctrl": Keys.CONTROL, "shift": Keys.SHIFT, "alt": Keys.ALT, "meta": Keys.META}
        for combination in combinations:
            *mods, key = combination.split("+") if combination != "+" else ["+"]
            chain = ActionChains(self.driver)
            for mod in mods:
                chain.key_down(held[mod.lower()])
            chain.send_keys(key if len(key) == 1 else _key(Keys, key))
            for mod in reversed(mods):
                chain.key_up(held[mod.lower()])
            chain.perform()

    def type(self, text: str) -> None:
        """Type text where the focus is, one key after another."""
        from selenium.webdriver.common.action_chains import ActionChains

        ActionChains(self.driver).send_keys(text).perform()

    def focused(self) -> Any:
        """The element that has the focus."""
        return self.driver.switch_to.active_element

    def walk(self, limit: int = 60) -> list[str]:
        """Press Tab up to `limit` times: what got the focus, as `tag#id.class "label"`, until it comes round.

        AssertionError for a control that gets the focus and shows neither an outline nor anything else of it.
        """
        reached: list[str] = []
        self.js("document.activeElement?.blur(); window.getSelection()?.removeAllRanges()")
        for _ in range(limit):
            self.keys("Tab")
            found = self.js(_FOCUS)
            if found is None or found["key"] in reached:
                break
            assert found["visible"], f"{found['key']} has the focus and does not show it."
            reached.append(found["key"])
        return reached

    # --- what the page says ----------------------------------------------------------------

    def js(self, expression: str, *arguments: Any) -> Any:
        """The value of a JavaScript function body or expression, through DevTools; `args` are its arguments."""
        body = expression if "return" in expression or ";" in expression else f"return ({expression})"
        # A page just begun has no root for a moment.
        begun = "while (!document.documentElement) await new Promise(go => setTimeout(go, 10));"
        call = f"(async (...args) => {{ {begun} {body} }})(...{json.dumps(arguments)})"
        answer = self.driver.execute_cdp_cmd(
            "Runtime.evaluate", {"expression": call, "awaitPromise": True, "returnByValue": True}
        )
        if "exceptionDetails" in answer:
            problem = answer["exceptionDetails"]
            raise AssertionError(problem.get("exception", {}).get("description") or problem["text"])
        return answer["result"].get("value")

    def errors(self) -> list[str]:
        """What the console has said since the last call: errors, broken content policy, requests that failed."""
        entries = self.driver.get_log("browser")
        return [
            e["message"]
            for e in entries
            if e["level"] == "SEVERE" or "Content Security Policy" in e["message"]
        ]

    def accessibility(self, *, without: tuple[str, ...] = (), within: str | None = None) -> list[str]:
        """What axe-core finds that is serious or critical, one sentence each; `without` are ids of its rules."""
        self.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": _axe()})
        rules = {name: {"enabled": False} for name in without}
        found = self.js(
            "const r = await axe.run(args[0] || document, {resultTypes: ['violations'], rules: args[1]});"
            "return r.violations.map(v => ({id: v.id, impact: v.impact, help: v.help,"
            " nodes: v.nodes.map(n => n.target.join(' ') + ' ' + (n.any[0]?.message || n.all[0]?.message || ''))}))",
            within,
            rules,
        )
        return [
            f"{v['impact']} {v['id']}: {v['help']}: {'; '.join(v['nodes'][:5])}"
            for v in found
            if v["impact"] in SEVERE
        ]

    # --- pictures --------------------------------------------------------------------------

    def shot(self, path: Path, *, whole: bool = False) -> Path:
        """A PNG of what is shown, or of the whole page."""
        answer = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": whole}
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(answer["data"]))
        return path

    def look(self, name: str) -> None:
        """Leave a picture in the folder of the environment's SMALLSCREEN_TEST_SHOTS, if that is set."""
        if folder := os.environ.get(SHOTS):
            self.shot(Path(folder) / f"{name}.png")

    def pdf(self, path: Path) -> Path:
        """The page as it prints, with the size that its own @page rule gives."""
        answer = self.driver.execute_cdp_cmd(
            "Page.printToPDF", {"preferCSSPageSize": True, "printBackground": True}
        )
        path.write_bytes(base64.b64decode(answer["data"]))
        return path


@cache
def _axe() -> str:
    """axe-core as text; its licence is MPL-2.0 and it is used by tests only."""
    return files("axe_core_python").joinpath("axe.min.js").read_text("utf-8")


def _key(keys: Any, name: str) -> str:
    """Selenium's key by a name of ours or of the DOM: `Enter`, `ArrowDown`, `Escape`, `F2`."""
    known = name.upper().replace("ARROW", "ARROW_").replace("PAGE", "PAGE_").replace("__", "_")
    return str(getattr(keys, known, None) or name)


_FOCUS = """
const e = document.activeElement;
if (!e || e === document.body) return null;
const label = (e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent || e.value || "").trim().slice(0, 40);
const style = getComputedStyle(e);
const box = e.getBoundingClientRect();
const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
const count = [...document.querySelectorAll("*")].indexOf(e);
return {
  key: `${e.tagName.toLowerCase()}${e.id ? "#" + e.id : ""} "${label}" ${count}`,
  visible: (outlined || style.boxShadow !== "none" || e.matches("video")) && box.width > 0,
};
"""
