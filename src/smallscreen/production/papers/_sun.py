"""Sunrise and sunset, to about a minute: the equations of the NOAA solar calculator (public domain, after Meeus)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from datetime import date as Day
from math import acos, asin, cos, degrees, radians, sin, tan
from zoneinfo import ZoneInfo

_ZENITH = 90.833  # degrees: the sun's radius and the refraction at the horizon


def sun(day: Day, latitude: float, longitude: float, zone: str) -> tuple[float, float] | None:
    """Minutes after local midnight of sunrise and sunset; None where the sun does not rise or set that day."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    century = (noon - datetime(2000, 1, 1, 12, tzinfo=UTC)) / timedelta(days=36525)
    mean = radians((280.46646 + century * (36000.76983 + century * 0.0003032)) % 360)
    anomaly = radians(357.52911 + century * (35999.05029 - 0.0001537 * century))
    orbit = 0.016708634 - century * (0.000042037 + 0.0000001267 * century)
    center = (
        sin(anomaly) * (1.914602 - century * (0.004817 + 0.000014 * century))
        + sin(2 * anomaly) * (0.019993 - 0.000101 * century)
        + sin(3 * anomaly) * 0.000289
    )
    node = radians(125.04 - 1934.136 * century)
    apparent = mean + radians(center - 0.00569 - 0.00478 * sin(node))
    tilt = radians(
        23 + (26 + (21.448 - century * (46.815 + century * 0.00059)) / 60) / 60 + 0.00256 * cos(node)
    )
    declination = asin(sin(tilt) * sin(apparent))
    y = tan(tilt / 2) ** 2
    equation = 4 * degrees(
        y * sin(2 * mean)
        - 2 * orbit * sin(anomaly)
        + 4 * orbit * y * sin(anomaly) * cos(2 * mean)
        - 0.5 * y * y * sin(4 * mean)
        - 1.25 * orbit * orbit * sin(2 * anomaly)
    )
    here = radians(latitude)
    hour = cos(radians(_ZENITH)) / (cos(here) * cos(declination)) - tan(here) * tan(declination)
    if not -1 <= hour <= 1:
        return None
    offset = noon.astimezone(ZoneInfo(zone)).utcoffset() or timedelta()
    midday = 720 - 4 * longitude - equation + offset.total_seconds() / 60
    half = 4 * degrees(acos(hour))
    return midday - half, midday + half
