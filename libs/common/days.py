"""Days as a person means them, and as they are written in French and in English."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from libs.common.languages import NO_BREAK, Language

LOCALES: dict[Language, str] = {"fr": "fr_CA", "en": "en_CA"}


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day that a person means: what is due at midnight is due on the day that ends."""
    local = moment.astimezone(zone)
    ends_a_day = local.hour == local.minute == local.second == 0
    return date.fromordinal(local.toordinal() - ends_a_day)


def written(day: date, language: Language) -> str:
    """`mardi 1er décembre 2026`, `Tuesday 1 December 2026`."""
    return dated(day, "EEEE d MMMM y", language).replace(" ", NO_BREAK)


def dated(when: date, pattern: str, language: Language) -> str:
    """By a pattern of CLDR that has the day as `d`: in French, the first of a month is « 1er »."""
    is_first = language == "fr" and when.day == 1
    return format_datetime(when, pattern.replace("d", "d'er'", 1) if is_first else pattern, locale=LOCALES[language])
