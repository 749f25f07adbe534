"""Rules: which team answers what. The first that holds decides; the last must be the catch-all."""

from datetime import UTC, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from libs.common.examples import shown
from libs.common.wire import DATED, Wire
from libs.contracts.codes import (
    Channel,
    ClockName,
    Code,
    Disclosure,
    Kind,
    LanguageTag,
    Priority,
    Respondent,
    Source,
    Starts,
    Urgency,
)
from services.routing.cases.schemas import FIRST_MOMENT
from services.routing.organisation.versions import VersionOut, Versions
from services.routing.rules.conditions import Condition
from services.routing.teams.schemas import TeamName

LAST_TRIED = datetime(2200, 1, 1, tzinfo=UTC)


class Rule(Wire):
    """What the condition holds for is answered by the team."""

    when: Condition = Condition()
    team: Code
    opens_case: bool = Field(False, description="an answer is owed whatever the kind")


class RulesContent(Wire):
    """The whole set, in order."""

    model_config = shown(
        {
            "rules": [
                {"when": {"service": ["passports", "passport-renewal"]}, "team": "passports"},
                {"when": {"service": ["pensions"]}, "team": "pensions"},
                {"team": "first-line"},
            ]
        }
    )

    rules: list[Rule] = Field(min_length=1, max_length=1_000)


class RuleWarning(BaseModel):
    """What is accepted, and may be a mistake: a code that the catalogue does not have, as far as routing knows."""

    pointer: str = Field(description="JSON pointer into the rules", examples=["/rules/0/when/service/1"])
    code: str = Field(examples=["unknown_service"])
    detail: str


class RulesOut(RulesContent):
    """The rules in force."""

    model_config = shown(
        {
            "rules": [
                {"when": {"service": ["passports", "passport-renewal"]}, "team": "passports"},
                {"when": {"service": ["pensions"]}, "team": "pensions"},
                {"team": "first-line"},
            ],
            "version": 1,
            "published_at": "2026-11-23T14:05:00Z",
            "published_by": "admin",
            "warnings": [],
        }
    )

    version: int
    published_at: datetime
    published_by: str | None
    warnings: list[RuleWarning]


class RulesVersionOut(VersionOut[RulesContent]):
    """A version of the rules: what was published, by whom and when."""


class RulesVersions(Versions[RulesVersionOut]):
    """Versions of the rules, the newest first."""


class TriedFeedback(Wire):
    """What rules and standards look at. What is left out is not known, as with a feedback that does not say it."""

    channel: Channel = "web"
    service: Code | None = None
    service_point: Code | None = None
    topic: Code | None = None
    kind: Kind | None = None
    language: LanguageTag | None = None
    source: Source = "web_form"
    respondent: Respondent | None = None
    urgent: Urgency | None = None
    disclosure: Disclosure = "named"
    concerns_staff: bool = False
    response_requested: bool = False
    has_text: bool = Field(True, description="words were given: without a kind, someone sorts them first")


class Trial(Wire):
    """A feedback, or the id of one that has a case; `rules` instead of those in force."""

    model_config = shown(
        {"feedback": {"service": "passport-renewal", "kind": "complaint", "channel": "phone"}},
        {"feedback_id": "0199b3f2-6d1e-7c3a-9f00-5b1d2c3e4f50"},
    )

    rules: Annotated[list[Rule], Field(min_length=1, max_length=1_000)] | None = None
    feedback: TriedFeedback | None = None
    feedback_id: UUID | None = None
    submitted_at: Annotated[AwareDatetime, Field(ge=FIRST_MOMENT, le=LAST_TRIED), DATED] | None = Field(
        None, description="when the person spoke; default: now"
    )

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.feedback is None) == (self.feedback_id is None):
            raise PydanticCustomError(
                "one_feedback",
                "One of feedback and feedback_id is needed.",
                {"fr": "Il faut soit « feedback », soit « feedback_id »."},
            )
        return self


class TriedClock(BaseModel):
    """A clock as it would start; one that waits for its start has no moments."""

    clock: ClockName
    starts: Starts
    started_at: datetime | None
    due_at: datetime | None


class TriedStandard(BaseModel):
    code: str
    version: int
    calendar: str


class TrialOutcome(BaseModel):
    """What would become of it."""

    opens_case: bool
    rule: int = Field(description="its place in the rule set: 1 is the first")
    rule_set_version: int | None = Field(description="null for rules that are only tried")
    chosen_team: TeamName
    team: TeamName = Field(description="who would have the case: another than the chosen team where that is hidden")
    is_assigned: bool = Field(description="false: it waits in the queue of the catch-all team")
    hidden_from: list[str]
    priority: Priority
    standard: TriedStandard | None
    clocks: list[TriedClock]
