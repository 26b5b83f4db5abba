"""The statistics of the audience room, in numpy alone; each function names its source.

`intervals` (Wilson, delta method, bootstrap, Gini), `survival` (Kaplan-Meier), `sequential` (always-valid
intervals, sample ratio, CUPED), `many` (false discoveries), `matched` (hazard ratio), `clusters` (claims about
series), `special` (tails and quantiles).
"""

from smallscreen.audience.stats.clusters import (
    Difference,
    Visible,
    cluster_t,
    mde,
    needed_series,
    outlier_t,
    user_level_z,
    visible_lifts,
)
from smallscreen.audience.stats.intervals import (
    Interval,
    cluster_bootstrap,
    delta_ratio,
    gini,
    linearized,
    mean_interval,
    top_share,
    wilson,
    z_of,
)
from smallscreen.audience.stats.many import benjamini_hochberg, benjamini_yekutieli
from smallscreen.audience.stats.matched import Ratio, mantel_haenszel, overdispersion
from smallscreen.audience.stats.sequential import (
    SRM_THRESHOLD,
    asymptotic_cs,
    best_rho,
    cs_margin,
    cuped,
    srm_chi2,
    two_arm_half_width,
)
from smallscreen.audience.stats.special import (
    chi2_quantile,
    chi2_tail,
    normal_quantile,
    normal_two_sided,
    t_quantile,
    t_two_sided,
)
from smallscreen.audience.stats.survival import KaplanMeier, discrete_hazard, kaplan_meier, life_table

__all__ = [
    "SRM_THRESHOLD",
    "Difference",
    "Interval",
    "KaplanMeier",
    "Ratio",
    "Visible",
    "asymptotic_cs",
    "benjamini_hochberg",
    "benjamini_yekutieli",
    "best_rho",
    "chi2_quantile",
    "chi2_tail",
    "cluster_bootstrap",
    "cluster_t",
    "cs_margin",
    "cuped",
    "delta_ratio",
    "discrete_hazard",
    "gini",
    "kaplan_meier",
    "life_table",
    "linearized",
    "mantel_haenszel",
    "mde",
    "mean_interval",
    "needed_series",
    "normal_quantile",
    "normal_two_sided",
    "outlier_t",
    "overdispersion",
    "srm_chi2",
    "t_quantile",
    "t_two_sided",
    "top_share",
    "two_arm_half_width",
    "user_level_z",
    "visible_lifts",
    "wilson",
    "z_of",
]
