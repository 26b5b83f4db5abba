"""The studio on PostgreSQL: accounts, a login, a change with its history, a conflict, search, and another start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import postgres
from tests.studio_server import PASSWORDS, running
from tests.studio_small import EDITION, HOSTILE, make

CUE = "ep002.c0003"
LINE = f"/api/editions/{EDITION}/lines/{CUE}"


@pytest.mark.skipif(postgres.find() is None, reason="PostgreSQL is not installed")
def test_the_studio_runs_on_postgresql(tmp_path: Path) -> None:
    root = tmp_path / "series"
    with postgres.server() as url:
        database = f"{url}/postgres"
        make(root, database).store.engine.dispose()
        assert not (root / "series.db").exists()
        with running(root, accounts=True, database=database) as studio:
            assert studio.get("/api/series").status_code == 401
            assert studio.login("editor", "a wrong password, long enough").status_code == 401
            assert studio.login("editor").status_code == 303
            series = studio.get("/api/series").json()
            assert series["cells"][EDITION]["2"]["drafted"] == 8
            first = {"text": "It is I who need mending.", "version": 1}
            assert studio.put(LINE, json=first).json()["version"] == 2
            assert studio.put(LINE, json={**first, "text": "Not this."}).status_code == 409
            approved = {"cues": [CUE], "status": "approved"}
            assert studio.post(f"/api/editions/{EDITION}/status", json=approved).status_code == 200
            past = studio.get(LINE + "/history").json()
            assert [(h["text"], h["who"]) for h in past if h["status"] == "drafted"][:1] == [
                ("It is I who need mending.", "editor")
            ]
            found = studio.get("/api/search", params={"q": "NEED MENDING"}).json()["groups"]["line"]
            assert CUE in [h["cue"] for h in found]
            page = studio.page(f"/episodes/1?edition={EDITION}")
            assert page.status_code == 200 and HOSTILE[:16] not in page.text
            admin = studio.another()
            admin.login("admin")
            assert "login failed" in {r["action"] for r in admin.get("/api/audit").json()["rows"]}
        with running(root, accounts=True, database=database) as again:
            again.login("viewer", PASSWORDS["viewer"])
            line = next(
                c["line"]
                for c in again.get(f"/api/editions/{EDITION}/episodes/2").json()["cues"]
                if c["cue"] == CUE
            )
            assert (line["text"], line["status"]) == ("It is I who need mending.", "approved")
