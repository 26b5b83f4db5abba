"""Pages in Arabic, Hindi and Thai: joined and stacked, as wide as measured, and no letter lost."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from smallscreen.engines.pdf import Sheet, save

TEXTS = {
    "ar": "جدّي، أنا Lin Xiaoman. دفعت 15 يوانًا (فقط)!",
    "hi": "नानाजी, मैं Lin Xiaoman हूँ। श्रीमती विद्यार्थी",
    "th": "น้ำท่วมที่นี่ทุกปี Lin ผู้ใหญ่ ก็ได้",
}


@pytest.mark.parametrize("language", TEXTS)
def test_a_page_has_the_glyphs_of_the_shaped_text_where_they_belong(language: str, tmp_path: Path) -> None:
    import re

    from pypdf import PdfReader

    from smallscreen.engines import shape

    sheet = Sheet("Title", language)
    sheet.page()
    wide = sheet.text(40, 100, TEXTS[language], 20)
    save([(sheet, tmp_path / "a.pdf")], datetime(2026, 1, 1, tzinfo=UTC))
    content = PdfReader(tmp_path / "a.pdf").pages[0].get_contents()
    assert content is not None
    data = content.get_data().decode("latin1")
    placed = np.array([float(x) for x in re.findall(r"1 0 0 1 ([\d.]+) [\d.]+ Tm", data)])
    wanted = shape.shaped(TEXTS[language], language)
    shaped = np.array([40 + g.x * 20 for g in wanted.glyphs if g.family != "Noto Sans"])
    assert len(placed) == len(shaped)
    assert np.abs(placed - shaped).max() < 0.5, "as HarfBuzz puts them"
    assert wide == pytest.approx(wanted.width * 20, rel=0.01)
