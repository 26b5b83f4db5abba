"""What the audience page and its JSON twin hold. Shares are 0 to 1; a figure that cannot be told is null."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Figure(BaseModel):
    """A figure with its 95 % interval and how many it was counted on (`n`)."""

    value: float | None
    low: float | None
    high: float | None
    n: int


class AudienceEpisode(BaseModel):
    """One episode of one edition. Denominators: starters for completion, plays for the average view duration (s).

    `hazard`: of the starters who had the time to go on, the share who did not.
    """

    episode: int
    starters: int
    plays: int
    duration_ms: int
    completion: Figure
    average_view_duration: Figure
    hazard: Figure | None


class SurvivalView(BaseModel):
    """Kaplan-Meier over episodes; all lists are as long as `episodes`. `n` is `at_risk`."""

    episodes: list[int]
    survival: list[float]
    low: list[float]
    high: list[float]
    at_risk: list[int]
    events: list[int]
    censored: list[int]
    viewers: int


class PaywallView(BaseModel):
    """The end before the first locked episode: who stops there, who would by the story alone, the difference."""

    first_locked: int
    hazard: Figure | None
    story_hazard: Figure | None
    excess: Figure | None
    passed_by: dict[str, int] = Field(default={}, description="viewers who opened it, by kind of unlock")


class CohortView(BaseModel):
    """Viewers who began in the week of `week` (a Monday, UTC): `returned[k]` of the `eligible[k]` who had day k came back on it.

    All lists are by day, from 0; `share` has Wilson's interval.
    """

    week: str
    viewers: int
    eligible: list[int]
    returned: list[int]
    share: list[float]
    low: list[float]
    high: list[float]


class ClaimView(BaseModel):
    """What others claim of an attribute of series. `said`: what this series says of itself; null where it does not say.

    `needed`: series in all, half with the attribute, that find the reported lift 8 times in 10.
    """

    id: str
    title: str
    reported: str
    reported_source: str
    kind: str
    attribute: str
    said: bool | None
    series: int
    reported_lift: float | None
    needed: int | None
    verdict: str
    caution: str


class LeastLiftView(BaseModel):
    """The least relative lift of a share of one half that so many series find 8 times in 10."""

    series: int
    known_spread: float
    spread_estimated: float


class AudienceEdition(BaseModel):
    """One edition as a whole. `timeline`: the edition that its places are opened beside; null where none is made here."""

    name: str
    market: str
    variant: str
    timeline: str | None
    viewers: int
    minutes_a_user: Figure
    completion: Figure
    completer_share: Figure
    completers: int
    top_viewers: Figure
    episodes: list[AudienceEpisode]
    survival: SurvivalView | None
    paywall: PaywallView | None
    cohorts: list[CohortView] = []


class CurveView(BaseModel):
    """Retention by second: viewers of each second over starters, with Wilson's interval.

    `cuts` is 2 when more than one cut was seen: then a second is the same position, not the same picture.
    """

    edition: str
    starters: int
    views: int
    cuts: int
    viewers: list[int]
    share: list[float]
    low: list[float]
    high: list[float]


class MarkView(BaseModel):
    """Something that was found on the screen; `edition` is null for the source. Times in ms."""

    edition: str | None
    check: str
    kind: str
    start_ms: int
    end_ms: int
    message: str


class EpisodeCurves(BaseModel):
    """One episode in all editions of a market."""

    episode: int
    market: str
    duration_ms: int
    simulated: bool
    curves: list[CurveView]
    marks: list[MarkView]


class AssociationView(BaseModel):
    """A row of the forest plot: leaving beside something against leaving elsewhere. An association, not a cause.

    `level`: kind (all places together), place, end (between episodes), ad. `exposed_s` is viewer-seconds, at
    level end completers. `link` leads to the second. `told` is the row as an English sentence.
    """

    check: str
    kind: str
    level: str
    findings: int
    hazard_ratio: Figure
    p_value: float | None
    q_value: float | None
    exposed_s: int
    leaves: int
    control_leaves: int
    matched: float
    episode: int | None
    start_ms: int | None
    end_ms: int | None
    words: str
    told: str
    link: str | None = None


class WhyView(BaseModel):
    """Beside what an edition's viewers left. `problem`: why that cannot be said."""

    edition: str
    problem: str | None = None
    viewers: int = 0
    leaves: int = 0
    open: int = 0
    window_hours: int = 0
    lag_ms: int = 0
    dispersion: float | None = None
    associations: list[AssociationView] = []
    notes: list[str] = []


class ArmView(BaseModel):
    """Users shown an arm; `counted` are those whose time is over, `planned` is the share it should get."""

    name: str
    users: int
    counted: int
    planned: float


class LookView(BaseModel):
    """The lift as it stood at the end of a UTC day; the interval holds at all looks together."""

    day: str
    n: int
    value: float | None
    low: float | None
    high: float | None


class LiftView(BaseModel):
    """One metric of one arm against the control; `lift` 0.1 is ten percent more."""

    metric: str
    unit: str
    primary: bool
    arm: str
    against: str
    control_value: float | None
    arm_value: float | None
    lift: Figure
    looks: list[LookView]
    variance_saved: float | None
    verdict: str


class ExperimentView(BaseModel):
    """An experiment as it stands. `refused` or `problem` say why there is no conclusion."""

    name: str
    problem: str | None = None
    simulated: bool = False
    as_of: str | None = None
    window_hours: int = 0
    srm_p: float | None = None
    srm_threshold: float | None = None
    refused: str | None = None
    arms: list[ArmView] = []
    metrics: list[LiftView] = []
    notes: list[str] = []


class ReasonView(BaseModel):
    """Rows that were set aside for one reason."""

    reason: str
    rows: int
    meaning: str


class FileView(BaseModel):
    """An imported file and what became of its rows."""

    file: str | None = None
    table: str | None = None
    rows: int | None = None
    taken: int | None = None
    repeated: int | None = None
    clipped: int | None = None
    quarantined: int | dict[str, int] | None = None
    at: str | None = None


class QualityView(BaseModel):
    """What became of every row that was given."""

    rows: int
    users: int
    simulated_rows: int
    first: str | None
    last: str | None
    bots: int
    bot_intervals: int
    repeated: int
    clipped: int
    quarantined: list[ReasonView]
    files: list[FileView]


class AudiencePage(BaseModel):
    """Everything that the page shows; all but `measured` is empty until the viewing was measured."""

    measured: bool
    simulated: bool = False
    as_of: str = Field(default="", description="the last event, UTC")
    patience_days: int = 0
    measured_at: str = ""
    lake_changed: bool = Field(default=False, description="viewing came in since it was measured")
    findings_changed: bool = Field(default=False, description="episodes were checked since it was measured")
    edition: str = ""
    episode: int = 0
    editions: list[AudienceEdition] = []
    retention: EpisodeCurves | None = None
    why: list[WhyView] = []
    experiments: list[ExperimentView] = []
    claims: list[ClaimView] = []
    least_lifts: list[LeastLiftView] = []
    quality: QualityView | None = None
    job: str | None = Field(default=None, description="the job that measures just now")
