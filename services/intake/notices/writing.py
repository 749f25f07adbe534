"""Writes a notice as mail, of what is true at the moment of sending."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from libs.common.days import day_of, written
from libs.common.languages import Bilingual, Language, language_of
from services.intake.cases.models import CaseEntry, CaseView, entry_of, reply_of
from services.intake.notices import texts
from services.intake.notices.house import House
from services.intake.notices.models import Notice
from services.intake.notices.planning import NoticeKind
from services.intake.persons.keys import PersonKey
from services.intake.teams.schemas import TeamName
from services.intake.tracking.conversation import Said
from services.intake.tracking.holder import withholds
from services.intake.tracking.next_steps import UNDATED
from services.intake.tracking.situations import is_late, new_promise

BOTH: Final[tuple[Language, ...]] = ("fr", "en")
_WITH_WORDS = ("asked", "reminder", "extended", "interim", "answered")
_ASKS = ("asked", "reminder")
_WITHOUT_TEAM = ("closed", "withdrawn")
_NAMES_PROMISE = ("received", "taken", "assigned", "transferred", "acknowledged", "resumed", "late", "reopened")
_NAMES_TEAM_AND_DATE = (*_NAMES_PROMISE, "suspended", "waiting_for_you", "extended")
_WITH_PROMISE = (*_NAMES_PROMISE, "interim")
_OF_ITS_ENTRY = ("asked", "reminder", "extended")
_WITH_CODE = ("received", "new_code", "answered")


@dataclass(frozen=True)
class Letter:
    """A notice in words, and which team and date it names."""

    subject: str
    text: str
    language: Language | None
    told: dict[str, str | None]


def letter(
    notice: Notice, said: Said, key: PersonKey, code: str, language: str | None, now: datetime, house: House
) -> Letter:
    """The notice in the recipient's language; in both where that is neither, or not known."""
    kind: NoticeKind = notice.kind  # type: ignore[assignment]
    chosen = language_of(language)
    date = _date(kind, notice, said, now, house)
    words = _words(notice, said, key)
    first, *others = BOTH if chosen is None else (chosen,)
    parts = [_part(first, kind, notice, said, code, date, words, house)]
    for other in others:
        above = texts.AS_ABOVE.in_(other) if words is not None else None
        parts.append(_part(other, kind, notice, said, code, date, above, house))
    subject = texts.RESOLVED_SUBJECT if _tells_of_the_spot(notice, said) else texts.SUBJECTS[kind]
    title = subject.in_(chosen) if chosen else f"{subject.fr} / {subject.en}"
    view = said.view
    return Letter(
        subject=f"{title} ({said.feedback.reference})",
        text=joined(parts),
        language=chosen,
        told=names(view) if view and kind in _NAMES_TEAM_AND_DATE else {},
    )


def joined(parts: Sequence[str]) -> str:
    """The text in one language, or in French with the English below."""
    return "\n\n\n".join(parts if len(parts) == 1 else (texts.ENGLISH_BELOW, parts[0], "—" * 20, parts[1])) + "\n"


def names(view: CaseView) -> dict[str, str | None]:
    """Which team and which date: what was told once is not told again."""
    due = _promised(view)
    return {"team": view.team, "by": due.isoformat() if due else None}


def _promised(view: CaseView) -> datetime | None:
    """No date while the case waits, since it moves and is told when the wait ends; nor once it is answered or over."""
    return None if view.state in UNDATED else view.reply_due_at


def _date(kind: NoticeKind, notice: Notice, said: Said, now: datetime, house: House) -> Bilingual | None:
    """What is said of a date, where there is one. A promise that has passed is told with the new date."""
    view = said.view
    if view is None or kind not in texts.DATES:
        return None
    due = _promised(view) if kind in _WITH_PROMISE else None
    if due and is_late(due, now, house.zone):
        return _dated(texts.DATES["late"], new_promise(due, now, house.zone, house.late_days), house)
    entry = next((one for one in said.entries if one.id == notice.about), None)
    by = due or _other_date(kind, entry, view, now)
    how = texts.EXTENSIONS.get(entry.code or "") if entry and kind == "extended" else None
    return _dated(how or texts.DATES[kind], by, house) if by else None


def _other_date(kind: NoticeKind, entry: CaseEntry | None, view: CaseView, now: datetime) -> datetime | None:
    if kind in _OF_ITS_ENTRY:
        return entry.until if entry else None
    if kind in ("suspended", "waiting_for_you"):
        return view.waiting_until
    return view.back_until(now) if kind in ("closed", "answered") else None


def _dated(how: Bilingual, by: datetime, house: House) -> Bilingual:
    day = day_of(by, house.zone)
    return Bilingual(fr=how.fr.format(by=written(day, "fr")), en=how.en.format(by=written(day, "en")))


def _words(notice: Notice, said: Said, key: PersonKey) -> str | None:
    if notice.kind not in _WITH_WORDS:
        return None
    if _is_withheld(notice, said):
        return ""
    for reply in said.replies:
        if reply.id == notice.about and reply.words:
            return key.decrypt(reply.words, reply_of(reply.id))
    for entry in said.entries:
        if entry.id == notice.about and entry.words:
            return key.decrypt(entry.words, entry_of(entry.id))
    return None


def _part(
    language: Language,
    kind: NoticeKind,
    notice: Notice,
    said: Said,
    code: str,
    date: Bilingual | None,
    words: str | None,
    house: House,
) -> str:
    feedback, view = said.feedback, said.view
    day = written(day_of(feedback.submitted_at, house.zone), language)
    opening = texts.RESOLVED if _tells_of_the_spot(notice, said) else texts.OPENINGS[kind]
    blocks = [texts.GREETING.in_(language), opening.in_(language).format(day=day, reference=feedback.reference)]
    if decision := _decision(notice, said):
        blocks.append(decision.in_(language))
    if words is not None:
        is_above = words == texts.AS_ABOVE.in_(language)
        blocks.append(words if is_above else _quoted(words) if words else texts.WITHHELD.in_(language))
    if kind == "received" and view is None:
        blocks.append(texts.SORTED_SOON.in_(language))
    details = []
    if view is not None and kind not in _WITHOUT_TEAM:
        details.append(texts.WHO.in_(language).format(team=_reached(said.teams[view.team], language)))
    if date is not None and not (kind in _ASKS and _is_withheld(notice, said)):
        details.append(date.in_(language))
    blocks.append("\n".join(details))
    # Who speaks without authority has the code: to the person it would open nothing but that.
    has_code = not (notice.recipient == "person" and withholds(feedback))
    if kind != "withdrawn" and has_code:
        blocks.append(_follow(kind, code, language, house, acts=not withholds(feedback)))
    no_reply = texts.NO_REPLY if has_code else texts.NO_REPLY_TO_THE_PERSON
    blocks += [house.name, no_reply.in_(language).format(reference=feedback.reference)]
    return "\n\n".join(block for block in blocks if block)


def _decision(notice: Notice, said: Said) -> Bilingual | None:
    """Of a complaint, to who may know it; what was settled on the spot was told there."""
    if said.feedback.kind != "complaint" or _is_withheld(notice, said) or _tells_of_the_spot(notice, said):
        return None
    outcomes = (reply.outcome for reply in said.replies if reply.id == notice.about and reply.answer is not None)
    return texts.DECISIONS.get(next(outcomes, None) or "")


def _is_withheld(notice: Notice, said: Said) -> bool:
    """It goes to somebody without authority: nothing of what was decided is in it."""
    return notice.recipient == "submitter" and withholds(said.feedback)


def _tells_of_the_spot(notice: Notice, said: Said) -> bool:
    """What was done on the spot is told, to who may know what was decided."""
    is_on_the_spot = any(reply.id == notice.about and said.is_on_the_spot(reply) for reply in said.replies)
    return is_on_the_spot and not _is_withheld(notice, said)


def _quoted(words: str) -> str:
    return "\n".join(f"    {line}".rstrip() for line in words.strip().splitlines())


def _reached(team: TeamName, language: Language) -> str:
    contact = team.contact
    ways = [one for one in (contact.phone, contact.email, contact.url) if one]
    return ", ".join([team.name.in_(language), *ways])


def _follow(kind: NoticeKind, code: str, language: Language, house: House, *, acts: bool) -> str:
    if house.follow_url is None:
        return f"{texts.FOLLOW_BY_CODE.in_(language)}\n{code}" if kind in _WITH_CODE else ""
    asks: dict[str, Bilingual] = {
        **dict.fromkeys(_ASKS, texts.ANSWER_HERE),
        "answered": texts.IS_IT_SOLVED,
        "closed": texts.COME_BACK,
    }
    ask = asks.get(kind, texts.FOLLOW) if acts else texts.FOLLOW
    return f"{ask.in_(language)}\n{house.follow_url}#{code}"
