"""What is refused of feedback that has the form: what is not the sender's to say, and what nobody could answer."""

from datetime import UTC, datetime, timedelta

from libs.common.field_problems import FieldProblem, field_problem
from libs.common.languages import Bilingual
from libs.common.problems import InvalidRequest
from libs.contracts.codes import BROUGHT_BY_STAFF, ReplyBy
from services.intake.feedback.errors import NotAvailableYet, NotYoursToSet, ReplyCannotReach
from services.intake.feedback.schemas import FeedbackIn, PersonIn, SubmittedByIn
from services.intake.feedback.sender import Sender
from services.intake.notices.recipients import can_be_called, speaks_for_another

_NOT_THEIRS = Bilingual(fr="Vous ne pouvez pas remplir ce champ.", en="You may not set this field.")
_NO_QUESTIONNAIRES = Bilingual(fr="Ce champ n'est pas encore disponible.", en="This field is not available yet.")
_NEEDED_TO_REPLY = Bilingual(
    fr="Ce champ est nécessaire pour que la réponse arrive.", en="This field is needed for the reply to arrive."
)
_NO_TELEPHONE = Bilingual(fr="Ce numéro de téléphone a trop peu de chiffres.", en="This number has too few digits.")
_NOT_YET = Bilingual(fr="Ce jour n'est pas encore venu.", en="This day has not come yet.")
_LETTERS_GO_TO_THE_PERSON = Bilingual(
    fr="Une lettre ne peut aller qu'à la personne elle-même.", en="A letter can go to the person alone."
)
_STAFF_GET_NO_MAIL = Bilingual(
    fr="Le personnel qui l'a noté ne reçoit aucun courriel.", en="Staff who wrote it down are sent no mail."
)
_NOBODY_IS_SHOWN_IT = Bilingual(
    fr="Personne ne voit le numéro ni l'adresse de qui reste anonyme : choisissez le courriel ou le code de suivi.",
    en="Nobody is shown the number or the address of who stays anonymous: choose e-mail or the tracking code.",
)
_NEEDED: dict[ReplyBy, str] = {"email": "email", "phone": "phone", "letter": "address"}


def refuse_what_is_not_built(body: FeedbackIn) -> None:
    if body.answers:
        raise NotAvailableYet(errors=[field_problem("not_available_yet", _NO_QUESTIONNAIRES, pointer="/answers")])


def refuse_what_is_not_theirs(body: FeedbackIn, sender: Sender) -> None:
    known = sender.is_known
    allowed = {
        "submitted_at": known,
        "interaction": known,
        "historical": sender.may_bring_in_the_past,
        "external_reference": sender.has_references_of_its_own,
        "resolved_on_the_spot": sender.agent is not None,
    }
    fields = [name for name, is_allowed in allowed.items() if not is_allowed and getattr(body, name)]
    if not known:
        fields += [f"ratings/{n}/answered_by" for n, one in enumerate(body.ratings) if one.answered_by != "person"]
    if body.submitted_by and body.submitted_by.authority == "evidenced" and sender.source not in ("staff", "partner"):
        fields.append("submitted_by/authority")  # somebody must have seen the evidence
    if fields:
        raise NotYoursToSet(
            errors=[field_problem("not_yours_to_set", _NOT_THEIRS, pointer=f"/{name}") for name in fields]
        )


def refuse_what_has_not_happened(body: FeedbackIn, now: datetime) -> None:
    """Where the sun rises first it is already tomorrow by UTC, and nowhere later."""
    if body.experienced_on and body.experienced_on > (now.astimezone(UTC) + timedelta(days=1)).date():
        raise InvalidRequest(errors=[field_problem("in_the_future", _NOT_YET, pointer="/experienced_on")])


def refuse_what_cannot_be_answered(body: FeedbackIn) -> None:
    """A reply by a means needs that means, of everyone whom it is to reach; and whoever brings it must be shown it."""
    if body.reply_to is None and body.reply_by is None:
        return
    if body.disclosure == "anonymous" and body.reply_by in BROUGHT_BY_STAFF and not body.historical:
        raise ReplyCannotReach(errors=[field_problem("anonymous", _NOBODY_IS_SHOWN_IT, pointer="/reply_by")])
    errors: list[FieldProblem] = []
    needed = _NEEDED.get(body.reply_by) if body.reply_by else None
    if needed and (body.reply_to in ("person", "both") or (body.reply_to is None and not _speaker_has(body, needed))):
        errors += _missing(body.person, needed, "/person")
    if body.reply_to in ("submitter", "both"):
        submitter = body.submitted_by
        if submitter is None:
            errors.append(field_problem("needed_to_reply", _NEEDED_TO_REPLY, pointer="/submitted_by"))
        elif needed == "address":
            errors.append(field_problem("letter_to_submitter", _LETTERS_GO_TO_THE_PERSON, pointer="/reply_by"))
        elif needed == "email" and submitter.role == "staff" and body.reply_to == "submitter":
            errors.append(field_problem("mail_to_staff", _STAFF_GET_NO_MAIL, pointer="/reply_to"))
        elif needed:
            errors += _missing(submitter, needed, "/submitted_by")
        elif body.reply_by is None and not (submitter.email or submitter.phone):
            errors.append(field_problem("needed_to_reply", _NEEDED_TO_REPLY, pointer="/submitted_by/email"))
    if errors:
        raise ReplyCannotReach(errors=errors)


def _speaker_has(body: FeedbackIn, needed: str) -> bool:
    """Who speaks for the person, and may, is told where nobody is named: by mail or telephone."""
    return needed != "address" and speaks_for_another(body.submitted_by) and not _missing(body.submitted_by, needed, "")


def _missing(who: PersonIn | SubmittedByIn | None, needed: str, at: str) -> list[FieldProblem]:
    """What keeps a reply from reaching somebody by that means."""
    given, pointer = getattr(who, needed, None), f"{at}/{needed}"
    if not given:
        return [field_problem("needed_to_reply", _NEEDED_TO_REPLY, pointer=pointer)]
    if needed == "phone" and not can_be_called(given):
        return [field_problem("too_few_digits", _NO_TELEPHONE, pointer=pointer)]
    return []
