"""Drafts from a model: every fault of an endpoint, and where its address and key come from."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
import traceback
import urllib.request
from dataclasses import replace

import pytest

from smallscreen.engines import chat
from smallscreen.engines.chat import engine
from smallscreen.engines.openai_chat import OpenAIChat
from smallscreen.errors import EngineError, UserError
from smallscreen.localize.draft import reply
from smallscreen.localize.draft.model import from_model
from smallscreen.localize.draft.result import MemoryReplies
from tests import draft_help
from tests.draft_help import (
    CLEAN,
    MARKET,
    ROOT,
    SERIES,
    checks,
    draft,
    reach,
    words,
)
from tests.model_server import ModelServer

undisturbed = pytest.fixture(scope="module")(draft_help.undisturbed)


# Faults of the endpoint


def test_all_lines_come_in_one_request(undisturbed: dict[str, str]) -> None:
    assert list(undisturbed) == [c.id for c in CLEAN]
    assert all(text and not reply.has_han(text) for text in undisturbed.values())


@pytest.mark.parametrize(
    ("faults", "requests", "answered"),
    [
        ("429", 2, 1),
        ("429,500,503", 4, 1),
        ("reset", 2, 1),
        ("half-body", 2, 1),
        ("garbage", 2, 1),
        ("half", 2, 2),
        ("drop", 2, 2),
        ("drop*", 2, 2),
        ("fence", 1, 1),
        ("chinese", 2, 2),
        ("other-language", 2, 2),
        ("foreign", 2, 2),
        ("utf8", 2, 2),
        ("huge", 2, 2),
        ("no-format*", 2, 1),
    ],
)
def test_the_same_lines_come_whatever_goes_wrong(
    faults: str, requests: int, answered: int, undisturbed: dict[str, str]
) -> None:
    result, stats = draft(faults, CLEAN)
    assert words(result) == undisturbed
    assert (stats["requests"], stats["answered"]) == (requests, answered)
    assert not result.findings


def test_only_what_is_missing_is_asked_for_again() -> None:
    _, stats = draft("drop", CLEAN)
    assert stats["lines_asked"] == [20, 1]
    assert all(times == 1 for times in stats["paid"].values())
    _, stats = draft("half", CLEAN)
    assert stats["lines_asked"][0] == 20
    assert 0 < stats["lines_asked"][1] < 15
    assert all(times == 1 for times in stats["paid"].values())
    _, stats = draft("utf8", CLEAN)
    assert stats["lines_asked"] == [20, 7]


def test_an_endpoint_that_says_nothing_is_left_after_the_timeout() -> None:
    with ModelServer("silence,silence,ok", hang=30) as server:
        start = time.monotonic()
        result = from_model(reach(server, timeout=0.3), SERIES, MARKET, CLEAN)
        assert time.monotonic() - start < 5
        assert len(result.drafts) == len(CLEAN)
    with (
        ModelServer("silence*", hang=30) as server,
        pytest.raises(EngineError, match=r"nothing for 0\.3 s") as error,
    ):
        from_model(reach(server, timeout=0.3, tries=2), SERIES, MARKET, CLEAN)
    assert server.stats()["requests"] == 2
    assert str(error.value).count(".") <= 7 and "\n" not in str(error.value)


def test_retry_after_is_waited_for_and_waits_grow() -> None:
    waits: list[float] = []
    with ModelServer("429:7,500,500,500") as server:
        from_model(reach(server, sleep=waits.append, backoff=1.0), SERIES, MARKET, CLEAN)
    assert waits[0] == 7
    assert 1 <= waits[1] <= 2 and 2 <= waits[2] <= 4 and 4 <= waits[3] <= 8


def test_an_absurd_retry_after_does_not_hold_us_for_a_day() -> None:
    waits: list[float] = []
    with ModelServer("429:86400") as server:
        from_model(reach(server, sleep=waits.append), SERIES, MARKET, CLEAN)
    assert waits == [60]


def test_tries_end_in_one_sentence() -> None:
    with ModelServer("500*") as server, pytest.raises(EngineError) as error:
        from_model(reach(server, tries=3), SERIES, MARKET, CLEAN)
    assert server.stats()["requests"] == 3
    assert "3 tries" in str(error.value) and "status 500" in str(error.value)


def test_a_refused_key_or_model_is_the_users_to_set_right() -> None:
    with ModelServer("401*") as server, pytest.raises(UserError, match="SMALLSCREEN_API_KEY"):
        from_model(reach(server), SERIES, MARKET, CLEAN)
    assert server.stats()["requests"] == 1
    with ModelServer("404*") as server, pytest.raises(UserError, match="--model"):
        from_model(reach(server), SERIES, MARKET, CLEAN)
    assert server.stats()["requests"] == 1


def test_lines_that_never_come_right_are_reported_and_the_others_kept() -> None:
    cues = [*CLEAN[:5], replace(CLEAN[5], text="好" * 10_000), *CLEAN[6:]]
    result, _ = draft("chinese,chinese*", cues)
    assert not result.drafts
    assert sorted(checks(result, "draft.missing")) == [c.id for c in cues]
    result, stats = draft("", cues)
    assert checks(result, "draft.missing") == [cues[5].id]
    assert len(result.drafts) == 19
    assert stats["prompt_tokens"] < 1000  # the long cue was not sent


def test_the_key_is_nowhere_to_be_seen(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    key = "sk-verysecret-0123456789abcdef"
    store = MemoryReplies()
    seen = []
    for faults, accepted in (("", "another key"), ("500*", ""), ("reset*", ""), ("garbage*", ""), ("", "")):
        with ModelServer(faults, key=accepted) as server:
            address = server.url.replace("http://", "http://me:hunter22@")
            env = {"SMALLSCREEN_BASE_URL": address, "SMALLSCREEN_API_KEY": key}
            model = OpenAIChat("m", tries=2, backoff=0.01, environment=env)
            seen.append(repr(model))
            try:
                result = from_model(model, SERIES, MARKET, CLEAN, replies=store)
                seen.append(repr(result))
            except (UserError, EngineError) as error:
                seen.append("".join(traceback.format_exception(error)))
    out = capfd.readouterr()
    everything = "\n".join([*seen, out.out, out.err, caplog.text, repr(store.replies)])
    assert len(seen) == 10
    assert key not in everything and "verysecret" not in everything and "hunter22" not in everything


def test_where_address_and_key_come_from() -> None:
    with pytest.raises(UserError, match="SMALLSCREEN_API_KEY"):
        OpenAIChat("m", environment={})
    with pytest.raises(UserError, match="--model"):
        OpenAIChat(None, environment={"OPENAI_API_KEY": "k"})
    for address in ("localhost:8080", "http://", "http://h:99999/", "http://h/v1?key=secret"):
        with pytest.raises(UserError, match="web address") as error:
            OpenAIChat("m", environment={"SMALLSCREEN_BASE_URL": address})
        assert "secret" not in str(error.value)
    with ModelServer(key="theirs") as server:
        env = {"OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "theirs"}
        assert from_model(OpenAIChat("m", environment=env), SERIES, MARKET, CLEAN).drafts
        # Without a key, a name and password in the address serve as HTTP has them.
        server.key, server.scheme = "bWU6aHVudGVyMjI=", "Basic"
        env = {"SMALLSCREEN_BASE_URL": server.url.replace("//", "//me:hunter22@")}
        assert from_model(OpenAIChat("m", environment=env), SERIES, MARKET, CLEAN).drafts
        server.key, server.scheme = "theirs", "Bearer"
        # A key of OpenAI must not travel to an address that is set for smallscreen.
        mixed = {"SMALLSCREEN_BASE_URL": server.url, "OPENAI_API_KEY": "theirs"}
        with pytest.raises(UserError, match="refused the key"):
            from_model(OpenAIChat("m", environment=mixed), SERIES, MARKET, CLEAN)


def test_the_endpoint_of_a_process_of_its_own_and_the_timeout_of_the_environment() -> None:
    command = [sys.executable, "-m", "tests.model_server", "--faults", "silence,drop*", "--hang", "20"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout
            url = server.stdout.readline().strip()
            env = {"SMALLSCREEN_BASE_URL": url, "SMALLSCREEN_TIMEOUT": "0.5"}
            start = time.monotonic()
            result = from_model(OpenAIChat("m", backoff=0.01, environment=env), SERIES, MARKET, CLEAN)
            assert time.monotonic() - start < 10 and len(result.drafts) == 20
            with urllib.request.urlopen(url.replace("/v1", "/stats")) as answer:
                assert json.load(answer)["lines_asked"] == [20, 20, 1]
        finally:
            server.kill()
    for wrong in ("soon", "0", "-5", "nan", "1e9"):
        with pytest.raises(UserError, match="SMALLSCREEN_TIMEOUT"):
            OpenAIChat("m", environment={"OPENAI_API_KEY": "k", "SMALLSCREEN_TIMEOUT": wrong})


def test_an_unknown_engine_is_told_which_there_are() -> None:
    with pytest.raises(UserError, match="local, openai"):
        engine("gpt")
    assert set(chat.engines()) == {"local", "openai"}


def test_start_up_does_not_load_the_client() -> None:
    code = "import sys; from smallscreen.localize.draft import model; from smallscreen.engines import chat; chat.engines(); print([m for m in ('openai', 'xllamacpp') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
