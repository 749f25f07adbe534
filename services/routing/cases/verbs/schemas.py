"""The verbs over the wire: what each takes."""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.examples import shown
from libs.common.languages import Language
from libs.common.problems import ProblemDetails
from libs.common.wire import DATED, READ_LATER, Line, Wire, Words
from libs.contracts.codes import ASKED, WITHDRAWN, ClockName, Code, Kind, LanguageTag, Outcome, WaitingFor
from services.routing.cases.schemas import FIRST_MOMENT, CaseSummary, Instant, Verb

LONGEST_BATCH = 500

Moment = Annotated[AwareDatetime, Field(ge=FIRST_MOMENT), DATED]
Note = Annotated[Words, Field(min_length=1, max_length=5_000)]
LateEntryReason = Annotated[Words, Field(min_length=1, max_length=1_000)]
Told = Annotated[Words, Field(min_length=1, max_length=20_000)]
Recourse = Annotated[Words, Field(min_length=1, max_length=5_000)]
Destination = Annotated[Words, Field(min_length=1, max_length=1_000)]
RECOURSE = "what the person can do if they disagree, and until when"


class Action(Wire):
    """What every verb takes."""

    effective_at: Moment | None = Field(
        None,
        description="when it was really done: not before the previous event of the case, not after now; default: now",
    )
    late_entry_reason: LateEntryReason | None = Field(
        None,
        description="needed, from a supervisor (of what no team may see, from a reviewer), where it was done more than "
        "one business day ago",
    )
    note: Note | None = Field(None, description="for the timeline; the person does not see it")


class Assign(Action):
    """Give the case to a team, or to a member of it."""

    model_config = shown(
        {"team": "passports", "member": "zoe"},
        {"team": "first-line", "note": "Personne ne sait encore de quel service il s’agit."},
    )

    team: Code
    member: Annotated[Line, Field(max_length=200)] | None = Field(
        None,
        description="the `sub` of their token: of one of the team's members, or any without blanks. Events keep it for "
        "ever",
    )


class Transfer(Assign):
    """Another team has the case from now on; the promise is unchanged."""

    model_config = shown({"team": "pensions", "note": "It is about a pension, not a passport."})


class Classify(Action):
    """Correct what the case is about: what is given replaces what was there, null takes it away.

    A kind and a language are never taken away.
    """

    model_config = shown({"service": "pensions", "topic": "decision"}, {"kind": "enquiry", "service": None})

    kind: Kind | None = None
    service: Code | None = None
    service_point: Code | None = None
    topic: Code | None = None
    language: LanguageTag | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.corrected:
            raise PydanticCustomError(
                "nothing_to_classify",
                "Say at least one of `kind`, `service`, `service_point`, `topic`, `language`.",
                {
                    "fr": "Indiquez au moins un des champs « kind », « service », « service_point », « topic », "
                    "« language »."
                },
            )
        return self

    @property
    def corrected(self) -> dict[str, str | None]:
        """The values that are given."""
        return {
            name: getattr(self, name) for name in Classify.model_fields if name in self.model_fields_set - _OF_ACTIONS
        }


class Escalate(Action):
    """The case comes before others."""

    model_config = shown({"priority": "high", "note": "Troisième relance."})

    priority: Literal["high", "urgent"]


class Link(Action):
    """The case belongs together with another one that you may see."""

    model_config = shown({"case_id": "5f0a6e7c-3f0b-5b1c-9d61-2f8f4f1e7a10", "note": "Same letter, sent twice."})

    case_id: UUID


class WriteNote(Action):
    """Something for the timeline; the person does not see it."""

    model_config = shown({"note": "J’ai appelé le bureau du centre-ville : le dossier y est."})

    note: Note = Field(description="the person does not see it")


class Acknowledge(Action):
    """The person was told by a human that it is in hand."""

    model_config = shown({}, {"effective_at": "2026-11-24T13:40:00Z", "note": "Told by telephone."})


class Ask(Action):
    """A question to the person: the case waits for the answer, and the clocks with it."""

    model_config = shown(
        {
            "text": "Quel est le numéro de votre demande ?",
            "until": "2026-12-09T21:30:00Z",
            "otherwise": "Sans réponse, nous vous répondrons avec ce que nous savons.",
        }
    )

    text: Told
    until: Instant = Field(description="by when an answer is expected: then the case goes on by itself")
    otherwise: Annotated[Words, Field(min_length=1, max_length=5_000)] = Field(
        description="what happens without an answer, as the person reads it"
    )

    def told(self) -> str:
        """The question and what happens otherwise, as the person reads it."""
        return f"{self.text}\n\n{self.otherwise}"


def _of_ones_own(reason: str) -> str:
    """What a question, or a withdrawal, leaves in the ledger of waits is treated as one."""
    if reason in (ASKED, WITHDRAWN):
        raise PydanticCustomError(
            "reserved",
            "`asked` and `withdrawn` are written down by ourselves: to ask the person, use `ask`; else, another code.",
            {
                "fr": "« asked » et « withdrawn » sont inscrits par nous-mêmes : pour poser une question, employez "
                "« ask » ; sinon, un autre code."
            },
        )
    return reason


class Suspend(Action):
    """The case waits, and the clocks with it."""

    model_config = shown({"for": "third_party", "reason": "expert-report", "until": "2026-12-18T21:30:00Z"})

    waiting_for: WaitingFor = Field(alias="for")
    reason: Annotated[Code, AfterValidator(_of_ones_own)] = Field(
        description="a code of your own: why the case cannot go on. `asked` and `withdrawn` are ours"
    )
    until: Instant = Field(description="then it goes on by itself, and the team is reminded")


class Resume(Action):
    """The case waits no longer: due moments move by the time suspended."""

    model_config = shown({"note": "The report is here."})


class Extend(Action):
    """Move a promise before it is due: the person is told the new moment, why, and what they can do."""

    model_config = shown(
        {
            "clock": "reply",
            "business_days": 5,
            "text": "The other office needs another week to find your file.",
            "recourse": "If you disagree, you can write to the ombudsman.",
        }
    )

    clock: ClockName
    due_at: Instant | None = Field(None, description="the new due moment")
    business_days: Annotated[int, Field(ge=1, le=400)] | None = Field(
        None, description="so many business days more; one of the two"
    )
    text: Told = Field(description="the reason, as the person reads it")
    recourse: Recourse = Field(description=RECOURSE)

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.due_at is None) == (self.business_days is None):
            raise PydanticCustomError(
                "one_extension",
                "One of `due_at` and `business_days` is needed.",
                {"fr": "Il faut soit « due_at », soit « business_days »."},
            )
        return self

    def told(self) -> str:
        """The reason and the recourse, as the person reads it."""
        return f"{self.text}\n\n{self.recourse}"


class Reply(Action):
    """An answer to the person. Only a final one (`interim: false`) answers the case; it needs an outcome."""

    model_config = shown(
        {
            "text": "Votre passeport part demain.",
            "outcome": "upheld",
            "remedy": "apology",
            "reasons": "Votre demande avait été classée au mauvais bureau.",
            "recourse": "Si vous n’êtes pas d’accord, vous pouvez écrire au protecteur du citoyen.",
        },
        {"text": "We are still looking for your file.", "interim": True},
    )

    text: Told
    interim: bool = False
    outcome: Outcome | None = None
    remedy: Code | None = Field(None, description="a code of your own: what was done for the person")
    reasons: Annotated[Words, Field(min_length=1, max_length=10_000)] | None = None
    recourse: Recourse | None = Field(None, description=RECOURSE)

    @model_validator(mode="after")
    def _has_an_outcome_if_final(self) -> Self:
        if self.interim == (self.outcome is not None):
            raise PydanticCustomError(
                "outcome_of_a_final_reply",
                "A final reply needs an outcome, an interim one has none.",
                {"fr": "Une réponse finale a besoin d'une issue, une réponse provisoire n'en a pas."},
            )
        return self

    def told(self) -> str:
        """The reply with its reasons and recourse, as the person reads it."""
        return "\n\n".join(part for part in (self.text, self.reasons, self.recourse) if part)


class WhereTo(Wire):
    """Where to turn, with its address."""

    fr: Destination
    en: Destination


def _in_both(to: object) -> object:
    """Said once, it is said in either language: the person reads it as it was written."""
    return {"fr": to, "en": to} if isinstance(to, str) else to


class Refer(Action):
    """Somebody else must answer: the person is told who and why, and the case is closed."""

    model_config = shown(
        {
            "to": {
                "fr": "Société de l’assurance automobile, 1 800 555-0199",
                "en": "Automobile insurance corporation, 1-800-555-0199",
            },
            "text": "Les permis de conduire relèvent d’un autre organisme.",
            "recourse": "Vous pouvez nous écrire si cela ne vous aide pas.",
        }
    )

    to: Annotated[WhereTo, BeforeValidator(_in_both, json_schema_input_type=WhereTo | Destination)] = Field(
        description="where to turn, with its address: in French and English, or in the language of the reply"
    )
    text: Told = Field(description="the reasons, as the person reads them")
    recourse: Recourse | None = Field(None, description=RECOURSE)

    def told(self, language: Language) -> str:
        """The reasons, where to turn, and the recourse, as the person reads it."""
        return "\n\n".join(part for part in (self.text, getattr(self.to, language), self.recourse) if part)


class Decline(Action):
    """No answer on the substance will be given: the person is told why, and the case is closed."""

    model_config = shown(
        {
            "reason": "before-the-courts",
            "text": "A court is dealing with this matter, and we cannot comment on it.",
            "recourse": "You can write to the ombudsman.",
        }
    )

    reason: Code = Field(description="a code of your own")
    text: Told = Field(description="the reasons, as the person reads them")
    recourse: Recourse | None = Field(None, description=RECOURSE)

    def told(self) -> str:
        """The reasons and the recourse, as the person reads it."""
        return "\n\n".join(part for part in (self.text, self.recourse) if part)


class Reopen(Action):
    """The case is open again; the reply that was given stays given."""

    model_config = shown({"reason": "La personne a rappelé : le passeport n’est pas arrivé."})

    reason: Annotated[Words, Field(min_length=1, max_length=1_000)] = Field(description="for the timeline")


class Close(Action):
    """Nothing more is expected from either side."""

    model_config = shown({}, {"note": "The person said on the telephone that all is well."})


_OF_ACTIONS = frozenset(Action.model_fields)


class BatchAction(Wire):
    """A verb on a case, as if it had been sent by itself."""

    case_id: UUID
    verb: Verb
    body: dict[str, Any] = Field({}, description="what the verb takes")
    effective_at: Annotated[Moment | None, READ_LATER] = Field(None, description="in the place of the body's")
    late_entry_reason: Annotated[LateEntryReason | None, READ_LATER] = Field(
        None, description="in the place of the body's"
    )
    note: Annotated[Note | None, READ_LATER] = Field(None, description="in the place of the body's")
    version: int | None = Field(None, description="of the case that you saw: refused where it has changed since")

    @property
    def beside(self) -> dict[str, Any]:
        """What was said beside the body."""
        said = {name: getattr(self, name) for name in Action.model_fields}
        return {name: value for name, value in said.items() if value is not None}


class Batch(Wire):
    """Carried out in order, each by itself: one that is refused changes nothing and stops nothing."""

    model_config = shown(
        {
            "actions": [
                {"case_id": "ce60775e-905e-5144-ad9f-ba1c04124770", "verb": "acknowledge"},
                {
                    "case_id": "5f0a6e7c-3f0b-5b1c-9d61-2f8f4f1e7a10",
                    "verb": "transfer",
                    "body": {"team": "pensions"},
                    "version": 2,
                },
            ]
        }
    )

    actions: list[BatchAction] = Field(min_length=1, max_length=LONGEST_BATCH)


class ActionOutcome(BaseModel):
    """The case after the verb, or the problem: as if it had been sent by itself."""

    case_id: UUID
    verb: Verb
    status: int = Field(examples=[200])
    case: CaseSummary | None = None
    problem: ProblemDetails | None = None


class BatchOutcome(BaseModel):
    """An outcome each, in the order of the actions."""

    outcomes: list[ActionOutcome]
