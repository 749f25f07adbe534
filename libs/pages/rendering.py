"""From a template to a page: both languages stand in the template, side by side, and one is shown."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_timedelta
from babel.numbers import format_decimal
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import ChoiceLoader, DictLoader, Environment, StrictUndefined, pass_context
from jinja2.runtime import Context

from libs.common.days import LOCALES, dated
from libs.common.languages import Bilingual, in_french_type, language_of_request
from libs.pages.assets import address_of
from libs.pages.codes import name_of
from libs.pages.navigation import entries_for
from libs.pages.sessions import token_for

SHARED = Path(__file__).parent / "templates"


class Renderer:
    """Renders the templates of a folder, and the shared ones. What is not given to a template is an error.

    They are read once: where newer ones are laid over them, a process goes on with those that it knows what to give to.
    """

    def __init__(self, *folders: Path) -> None:
        self._environment = Environment(
            loader=ChoiceLoader([_as_they_are_now(folder) for folder in (*folders, SHARED)]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals |= {"t": _said, "asset": address_of}
        self._environment.filters |= {
            "said": _said_of,
            "named": _named,
            "pairs": _pairs,
            "day": _day,
            "day_before": lambda end: _day_of(end - timedelta(days=1)),
            "moment": _moment,
            "brief": _brief,
            "from_now": _from_now,
            "lasting": _lasting,
            "tongue": _tongue,
            "moment_of": datetime.fromisoformat,
            "number": _number,
        }

    def __call__(self, request: Request, name: str, *, status: int = 200, **shown: Any) -> HTMLResponse:
        """The page, in the language of the request, for whoever is signed in.

        Templates know besides: `language`, `zone` (of the organisation), `now`, `principal` or None, `navigation`,
        `path`, `in_other_language` (this address), and `csrf_token` for forms.
        """
        settings, principal = request.app.state.settings, getattr(request.state, "principal", None)
        known = {
            "language": language_of_request.get(),
            "zone": settings.time_zone,
            "now": request.app.state.clock(),
            "path": request.url.path,
            "in_other_language": f"?{request.url.include_query_params(lang=_said('en', 'fr')).query}",
            "principal": principal,
            "navigation": entries_for(principal),
            "csrf_token": token_for(request),
        }
        page = self._environment.get_template(name).render(known | shown)
        return HTMLResponse(page, status, {"Content-Language": language_of_request.get()})


def _as_they_are_now(folder: Path) -> DictLoader:
    return DictLoader({one.relative_to(folder).as_posix(): one.read_text("utf-8") for one in folder.rglob("*.html")})


def _said(fr: str, en: str) -> str:
    return in_french_type(fr) if language_of_request.get() == "fr" else en


def _said_of(text: Bilingual) -> str:
    return text.in_(language_of_request.get())


def _named(code: str | None, of: str) -> str:
    """What a code is called; a dash where there is none."""
    return _said_of(name_of(code, of)) if code else "–"


def _pairs(names: Mapping[str, Bilingual]) -> list[tuple[str, str]]:
    """Codes with their names, for what can be chosen."""
    return [(code, _said_of(name)) for code, name in names.items()]


def _locale() -> str:
    return LOCALES[language_of_request.get()]


@pass_context
def _day(context: Context, when: date | datetime) -> str:
    """« 3 mars 2026 », in the organisation's zone."""
    return _day_of(when.astimezone(_zone(context)).date() if isinstance(when, datetime) else when)


def _day_of(when: date) -> str:
    return _dated(when, "d MMMM y")


def _dated(when: date, pattern: str) -> str:
    return dated(when, pattern, language_of_request.get())


@pass_context
def _moment(context: Context, when: datetime) -> str:
    """« 3 mars 2026, 16 h 30 », in the organisation's zone."""
    pattern = "d MMMM y, HH 'h' mm" if _locale().startswith("fr") else "d MMMM y, HH:mm"
    return _dated(when.astimezone(_zone(context)), pattern)


@pass_context
def _brief(context: Context, when: datetime, *, time: bool = True) -> str:
    """« 3 mars, 16 h 30 », with the year where it is another than now; without the time where it does not matter."""
    here, now = when.astimezone(_zone(context)), context["now"].astimezone(_zone(context))
    day = "d MMM" if here.year == now.year else "d MMM y"
    hour = ", HH\u00a0'h'\u00a0mm" if _locale().startswith("fr") else ", HH:mm"
    return _dated(here, day + hour if time else day)


@pass_context
def _from_now(context: Context, when: datetime) -> str:
    """« dans 3 jours », « 2 hours ago »."""
    return format_timedelta(when - context["now"], add_direction=True, locale=_locale())


def _lasting(seconds: int) -> str:
    """« 2 j 3 h », « 45 min »."""
    minutes = max(0, seconds) // 60
    days, hours, left = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = ((days, _said("j", "d")), (hours, "h"), (left if not days else 0, "min"))
    return " ".join(f"{number}\u00a0{unit}" for number, unit in parts if number) or "0\u00a0min"


def _tongue(tag: str) -> str:
    """What a language is called, by its BCP 47 tag; one that nobody knows, the tag."""
    name: str = Locale.parse(_locale()).languages.get(tag.split("-", maxsplit=1)[0].lower(), tag)
    return name


def _number(value: float, digits: int = 0) -> str:
    """With the separators of the language; as many decimals as asked for."""
    return format_decimal(value, format=f"#,##0.{'0' * digits}" if digits else "#,##0", locale=_locale())


def _zone(context: Context) -> ZoneInfo:
    zone: ZoneInfo = context["zone"]
    return zone
