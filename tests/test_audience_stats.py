"""The audience room's statistics against values computed with the usual libraries.

Provenance of the constants: scipy 1.17.1, statsmodels 0.15.0, lifelines 0.30.3, scikit-survival 0.28.0 with
numpy 2.4.6, in an environment of their own (they pin old versions and are no dependency of smallscreen).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from smallscreen.audience import stats
from smallscreen.audience.stats.survival import life_table


@pytest.mark.parametrize(
    ("x", "df", "tail"),  # scipy.stats.chi2.sf
    [
        (0.5, 1, 0.47950012218695337),
        (3.84, 1, 0.05004352124870519),
        (12.0, 4, 0.01735126523666451),
        (40.0, 10, 1.694474393006737e-05),
        (1.0, 10, 0.9998278843700441),
        (700.0, 500, 7.728992111216604e-09),
    ],
)
def test_chi_square_tails(x: float, df: float, tail: float) -> None:
    assert stats.chi2_tail(x, df) == pytest.approx(tail, rel=1e-10)


def test_other_tails_and_quantiles() -> None:
    for p, df, x in (
        (0.95, 1, 3.841458820694124),
        (0.975, 7, 16.012764274629326),
        (0.01, 30, 14.953456528455435),
    ):
        assert stats.chi2_quantile(p, df) == pytest.approx(x, rel=1e-9)
    for t, df, p in (  # 2 * scipy.stats.t.sf
        (0.3, 1, 0.8144528418445154),
        (2.0, 3.7, 0.12181720190523398),
        (3.1, 8, 0.014665764637047697),
        (1.96, 200, 0.051384840845813295),
        (12.0, 5, 7.089492517161522e-05),
    ):
        assert stats.t_two_sided(t, df) == pytest.approx(p, rel=1e-9)
    for p, df, t in (  # scipy.stats.t.ppf
        (0.975, 3, 3.1824463052837078),
        (0.8, 3, 0.9784723123633042),
        (0.975, 8.5, 2.282604893392452),
        (0.995, 60, 2.6602830288550368),
        (0.1, 2, -1.8856180831641267),
    ):
        assert stats.t_quantile(p, df) == pytest.approx(t, rel=1e-9)
    assert stats.normal_quantile(0.9999) == pytest.approx(3.719016485455709, rel=1e-12)


def test_wilson() -> None:
    """statsmodels proportion_confint(method="wilson")."""
    p, low, high = stats.wilson([0, 3, 940, 10, 0], [10, 17, 1000, 10, 0])
    assert low == pytest.approx([0.0, 0.061911266376209945, 0.9235289252086434, 0.7224672001371106, 0.0])
    assert high == pytest.approx([0.27753279986288926, 0.4102945856883413, 0.953103527324068, 1.0, 1.0])
    assert p[1] == pytest.approx(3 / 17)
    assert math.isnan(p[4])


def test_kaplan_meier_with_its_log_log_band() -> None:
    """lifelines KaplanMeierFitter and sksurv kaplan_meier_estimator(conf_type="log-log") agree on these."""
    duration = [1, 2, 2, 3, 4, 4, 5, 6, 6, 6, 7, 8]
    observed = [1, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 0]
    events, at_risk = life_table(duration, observed, 8)
    assert at_risk.tolist() == [12, 11, 9, 8, 6, 5, 2, 1]
    found = stats.kaplan_meier(events, at_risk)
    assert found.survival[:6] == pytest.approx([11 / 12, 5 / 6, 20 / 27, 5 / 9, 5 / 9, 1 / 3])
    assert found.low[:6] == pytest.approx(
        [
            0.5389771805707405,
            0.48171494219537864,
            0.39067612760778186,
            0.23690020773318007,
            0.23690020773318007,
            0.08486087400580412,
        ]
    )
    assert found.high[[0, 3, 5]] == pytest.approx(
        [0.9878255654004581, 0.7867014663875915, 0.6130623337263245]
    )


def test_kaplan_meier_at_its_ends() -> None:
    """No one has left: the lower end is Wilson's, not 1; all have left: 0, and the upper end stays."""
    found = stats.kaplan_meier([0, 1, 3], [4, 4, 3])
    assert found.low[0] == pytest.approx(4 / (4 + 1.959963984540054**2))
    assert found.survival[2] == 0.0
    assert found.low[2] == 0.0
    assert found.high[2] == found.high[1] < 1.0
    with pytest.raises(ValueError, match="more events"):
        stats.kaplan_meier([5], [4])


def test_false_discovery_rates() -> None:
    """statsmodels multipletests, fdr_bh and fdr_by."""
    p = [0.216, 0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, math.nan]
    bh, by = stats.benjamini_hochberg(p), stats.benjamini_yekutieli(p)
    assert bh[:8] == pytest.approx([0.216, 0.01, 0.04, 0.084, 0.084, 0.084, 0.1, 0.10571428571428572])
    assert by[1:3] == pytest.approx([0.029289682539682536, 0.11715873015873014])
    assert math.isnan(bh[10])
    assert math.isnan(by[10])


def test_sample_ratio() -> None:
    """scipy.stats.chisquare; the split of Cookie Cats is refused."""
    cats = stats.srm_chi2([44_700, 45_489])
    assert cats == pytest.approx(0.008607987810836262, rel=1e-9)
    assert cats < stats.SRM_THRESHOLD
    assert stats.srm_chi2([1000, 1100, 2100], [1, 1, 2]) == pytest.approx(0.09246247606291999, rel=1e-9)


def test_rho_and_margin() -> None:
    """rho from scipy.special.lambertw(-alpha**2 / e, -1); the margin is least at the planned n."""
    assert stats.best_rho(1000, 0.05) == pytest.approx(0.09061990985466854, rel=1e-12)
    assert stats.best_rho(50_000, 0.01) == pytest.approx(0.015333865280806023, rel=1e-12)
    at_plan = stats.cs_margin(1000, stats.best_rho(1000))
    assert at_plan < stats.cs_margin(1000, stats.best_rho(900))
    assert at_plan < stats.cs_margin(1000, stats.best_rho(1100))
    assert 1.4 < at_plan / (1.96 / math.sqrt(1000)) < 1.6


def test_always_valid_intervals_wait_and_shrink() -> None:
    x = np.random.default_rng(1).normal(0.2, 1.0, 5000)
    found = stats.asymptotic_cs(x, [50, 100, 1000, 5000], plan=2000)
    assert np.isinf(found.low[0])
    width = (found.high - found.low)[1:]
    assert (np.diff(width) < 0).all()
    assert found.low[3] > 0


def test_mantel_haenszel_near_stratified_poisson() -> None:
    """statsmodels GLM, Poisson with a level for each set: log ratio 0.36384, error 0.12768."""
    d1, n1 = [12, 30, 7, 22, 15], [1000, 2500, 900, 1800, 1300]
    d0, n0 = [40, 60, 33, 50, 41], [5000, 7000, 5100, 6000, 5600]
    found = stats.mantel_haenszel(d1, n1, d0, n0, robust=False)
    assert math.log(found.value) == pytest.approx(0.3638430582386045, abs=0.01)
    error = math.log(found.high / found.low) / (2 * 1.959963984540054)
    assert error == pytest.approx(0.12768457037901187, rel=0.02)
    assert stats.mantel_haenszel(d1, n1, d0, n0, dispersion=4.0, robust=False).high > found.high
    assert "robust" in stats.mantel_haenszel(d1, n1, d0, n0).method
    assert "robust" not in stats.mantel_haenszel(d1, n1, d0, n0, clusters=[1, 1, 2, 2, 3]).method


def test_mantel_haenszel_without_leaves() -> None:
    none = stats.mantel_haenszel([0], [100], [50], [1000])
    assert none.value == 0.0
    assert 0.5 < none.high < 1.0  # 3.689 / (50 * 100 / 1100), within the set
    assert math.isnan(stats.mantel_haenszel([0], [0], [1], [10]).value)


def test_delta_ratio_and_cuped() -> None:
    rng = np.random.default_rng(7)
    plays = rng.poisson(3, 4000) + 1
    seconds = plays * 30 + rng.normal(0, 20, 4000)
    found = stats.delta_ratio(seconds, plays)
    assert found.low < 30 < found.high
    boot = stats.cluster_bootstrap(
        np.column_stack([seconds, plays]), lambda r: r[:, 0].sum() / r[:, 1].sum(), 3
    )
    assert (boot.high - boot.low) == pytest.approx(found.high - found.low, rel=0.12)
    before = rng.normal(0, 1, 4000)
    adjusted, saved = stats.cuped(2 * before + rng.normal(0, 1, 4000), before)
    assert saved == pytest.approx(0.8, abs=0.02)
    assert adjusted.std() == pytest.approx(1.0, abs=0.05)


def test_concentration() -> None:
    assert stats.gini([5, 5, 5, 5]) == pytest.approx(0.0)
    assert stats.gini([0, 0, 0, 1]) == pytest.approx(0.75)
    assert stats.gini([1, 2, 3, 4]) == pytest.approx(0.25)
    assert stats.top_share([10, 0, 0, 0, 0]) == 1.0
    assert stats.top_share([4, 3, 2, 1, 0, 0, 0], 0.2) == pytest.approx((4 + 0.4 * 3) / 10)


def test_clustered_t() -> None:
    """scipy.stats.ttest_ind(equal_var=False) over the series' values."""
    found = stats.cluster_t([0.52, 0.61, 0.44, 0.70, 0.39], [0.31, 0.48, 0.42, 0.36, 0.55, 0.29, 0.40])
    assert found.p == pytest.approx(0.08889463962389696, rel=1e-9)
    assert found.df == pytest.approx(6.987278495809481)
    assert (found.low, found.high) == pytest.approx((-0.025807918240214278, 0.2869507753830713))


def test_what_a_number_of_series_can_see() -> None:
    """The figures of the brief (63, 45, 32, 18 percent) are those of a known spread of 0.5 logit."""
    table = stats.visible_lifts()
    assert [v.known_spread for v in table] == pytest.approx([0.63, 0.45, 0.32, 0.18], abs=0.01)
    assert all(v.spread_estimated > v.known_spread for v in table)
    need = stats.needed_series(0.5)
    assert stats.mde(need / 2, need / 2) <= 0.5 < stats.mde(need / 2 - 1, need / 2 - 1)
    assert math.isinf(stats.mde(1, 20))
