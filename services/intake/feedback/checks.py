"""What is refused of feedback that has the form: what is not the sender's to say, and what nobody could answer."""

from libs.common.field_problems import FieldProblem, field_problem
from libs.common.languages import Bilingual
from libs.contracts.codes import ReplyBy
from services.intake.feedback.errors import NotAvailableYet, NotYoursToSet, ReplyCannotReach
from services.intake.feedback.schemas import FeedbackIn
from services.intake.feedback.sender import Sender

_NOT_THEIRS = Bilingual(fr="Vous ne pouvez pas remplir ce champ.", en="You may not set this field.")
_NO_QUESTIONNAIRES = Bilingual(fr="Ce champ n'est pas encore disponible.", en="This field is not available yet.")
_NEEDED_TO_REPLY = Bilingual(
    fr="Ce champ est nécessaire pour que la réponse arrive.", en="This field is needed for the reply to arrive."
)
_LETTERS_GO_TO_THE_PERSON = Bilingual(
    fr="Une lettre ne peut aller qu'à la personne elle-même.", en="A letter can go to the person alone."
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


def refuse_what_cannot_be_answered(body: FeedbackIn) -> None:
    """A reply by a means needs that means, of everyone whom it is to reach."""
    if body.reply_to is None and body.reply_by is None:
        return
    errors: list[FieldProblem] = []
    needed = _NEEDED.get(body.reply_by) if body.reply_by else None
    if body.reply_to in (None, "person", "both") and needed and not getattr(body.person, needed, None):
        errors.append(field_problem("needed_to_reply", _NEEDED_TO_REPLY, pointer=f"/person/{needed}"))
    if body.reply_to in ("submitter", "both"):
        submitter = body.submitted_by
        if submitter is None:
            errors.append(field_problem("needed_to_reply", _NEEDED_TO_REPLY, pointer="/submitted_by"))
        elif needed == "address":
            errors.append(field_problem("letter_to_submitter", _LETTERS_GO_TO_THE_PERSON, pointer="/reply_by"))
        elif needed and not getattr(submitter, needed):
            errors.append(field_problem("needed_to_reply", _NEEDED_TO_REPLY, pointer=f"/submitted_by/{needed}"))
        elif body.reply_by is None and not (submitter.email or submitter.phone):
            errors.append(field_problem("needed_to_reply", _NEEDED_TO_REPLY, pointer="/submitted_by/email"))
    if errors:
        raise ReplyCannotReach(errors=errors)
