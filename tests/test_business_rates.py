"""Money is exact; `business.toml` is read strictly, and what it lacks is asked for in one sentence."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from smallscreen.business.money import Money, total
from smallscreen.business.rates import Rates, catalogue, read_rates
from smallscreen.business.template import text, write_template
from smallscreen.errors import FileProblem, UserError
from smallscreen.sample import files as sample_files

cents = st.integers(-(10**9), 10**9).map(lambda n: Money(Decimal(n) / 100, "USD"))
RATE = '[ads.ecpm]\nlow = 1\nmid = 2\nhigh = 3.5\ncurrency = "USD"\ndate = 2026-01-02\nsource = "report"\n'


def read(tmp_path: Path, body: str, head: str = 'currency = "USD"\n') -> Rates:
    path = tmp_path / "business.toml"
    path.write_text(head + body, "utf-8")
    return read_rates(path)


@given(st.lists(cents))
def test_sums_are_exact(amounts: list[Money]) -> None:
    assert total(amounts, "USD") == total(reversed(amounts), "USD")
    assert total(amounts, "USD").amount == sum((m.amount for m in amounts), Decimal(0))


def test_ten_cents_ten_times_is_one() -> None:
    assert total([Money(Decimal("0.1"), "USD")] * 10, "USD") == Money(Decimal(1), "USD")
    assert str(Money(Decimal("1234.565"), "USD")) == "1,234.56 USD"
    assert str(Money(Decimal("12.5"), "JPY")) == "12 JPY"


def test_currencies_do_not_mix() -> None:
    with pytest.raises(UserError, match="USD and CNY cannot be added up without an exchange rate"):
        Money(Decimal(1), "USD") + Money(Decimal(1), "CNY")
    with pytest.raises(TypeError):
        Money(Decimal(1), "USD") * 0.5  # type: ignore[operator]


def test_a_rate_is_read_exactly(tmp_path: Path) -> None:
    rate = read(tmp_path, RATE.replace("2\n", "0.1\n", 1).replace("low = 1", "low = 0.05")).rates["ads.ecpm"]
    assert (rate.low, rate.mid, rate.high) == (Decimal("0.05"), Decimal("0.1"), Decimal("3.5"))
    assert (rate.date, rate.source, rate.example) == ("2026-01-02", "report", False)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('source = "report"', 'source = ""', r"line 2: ads\.ecpm has no source"),
        ('source = "report"', "", "has no source"),
        ("date = 2026-01-02", "", "has no date"),
        ("date = 2026-01-02", 'date = "soon"', "has no date"),
        ("low = 1", "low = -1", r"is negative \(-1\)"),
        ("low = 1", "low = 3", "goes from 3 over 2 to 3.5"),
        ("low = 1", 'low = "cheap"', "'cheap' is not a number"),
        ("low = 1", "low = nan", "not a number"),
        ("low = 1", 'low = ""', "has no range"),
        ('currency = "USD"', "", "has no currency"),
        (
            'currency = "USD"',
            'currency = "CNY"',
            "is in CNY and the ledger in USD; expected one currency, or",
        ),
        ("low = 1", "low = 1\nlaw = 1", "has the key law"),
        ("[ads.ecpm]", "[ads.epcm]", "nobody asks for 'ads.epcm'"),
        ("[ads.ecpm]", "[ads.ecpm", "expected valid TOML"),
    ],
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(FileProblem, match=says) as e:
        read(tmp_path, RATE.replace(old, new))
    assert "\n" not in str(e.value)
    assert str(e.value).startswith("business.toml")


def test_a_share_is_not_a_percentage(tmp_path: Path) -> None:
    body = '[taxes.rate]\nlow = 5\nmid = 6\nhigh = 7\ndate = 2026-01-02\nsource = "law"\n'
    with pytest.raises(FileProblem, match=r"a number from 0 to 1 \(0.05 is 5 %\)"):
        read(tmp_path, body)


def test_another_currency_needs_a_dated_exchange_rate(tmp_path: Path) -> None:
    body = RATE.replace('currency = "USD"', 'currency = "CNY"')
    rate = '[[exchange]]\nfrom = "CNY"\nto = "USD"\nrate = 0.14\ndate = 2026-01-02\nsource = "bank"\n'
    found = read(tmp_path, body + rate).rates["ads.ecpm"]
    assert (found.mid, found.currency) == (Decimal("0.28"), "USD")
    assert "1 CNY = 0.14 USD (2026-01-02, bank)" in found.note
    for lacking, says in (('source = "bank"', "has no source"), ("date = 2026-01-02", "has no date")):
        with pytest.raises(FileProblem, match=says):
            read(tmp_path, body + rate.replace(lacking, ""))


def test_the_first_file_asks_and_answers_nothing(tmp_path: Path) -> None:
    path = write_template(tmp_path)
    with pytest.raises(FileProblem, match="the currency of the ledger is missing"):
        read_rates(path)
    path.write_text(text().replace('currency = ""', 'currency = "USD"', 1), "utf-8")
    empty = read_rates(path)
    assert not empty.rates and not empty.payers
    with pytest.raises(UserError, match="write low, mid, high, date and source there") as e:
        empty.need("mixed")
    for asked in catalogue().values():
        assert asked.id in text()
        if "mixed" in asked.needs and not asked.when:
            assert asked.id in str(e.value)
    with pytest.raises(UserError, match="is there already"):
        write_template(tmp_path)
    with pytest.raises(UserError, match="smallscreen business init"):
        read_rates(tmp_path / "nowhere" / "business.toml")


def test_the_sample_series_has_example_rates_only() -> None:
    rates = read_rates(sample_files() / "business.toml")
    assert set(rates.rates) == set(catalogue())
    assert all(r.example for r in [*rates.rates.values(), *(r for _, r in rates.payers)])
    for model in ("free", "paid", "mixed"):
        rates.need(model)
