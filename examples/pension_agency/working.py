"""What the agency does with what asks for an answer: in time or late, waiting, transferred, reopened, or not at all."""

from datetime import datetime, timedelta
from random import Random

from examples.pension_agency import wording
from examples.pension_agency.hours import closing_after, later_by, open_seconds
from examples.pension_agency.stories import Deed, Story, Verdict

AGENTS = {
    "pension-claims": ("amelie", "bruno", "chantal"),
    "pension-payments": ("denis", "esther"),
    "pension-offices": ("farid",),
    "pension-online": ("ginette",),
}
TEAMS = {
    **dict.fromkeys(("retirement-pension", "survivor-pension", "disability-pension"), "pension-claims"),
    "pension-payments": "pension-payments",
    "change-of-details": "pension-payments",
    "office-visits": "pension-offices",
    "pension-account": "pension-online",
}
PROMISED_DAYS = {"complaint": 15, "enquiry": 10, "service_request": 10}
HOUR = 3600
A_DAY = 7 * HOUR


def work(rng: Random, story: Story, until: datetime) -> None:
    """Write what is done with a case up to a moment."""
    team = TEAMS[story.feedback["service"]]
    story.agent = rng.choice(AGENTS[team])
    desk = _Desk(rng, story, until)
    if rng.random() < 0.04:
        return  # it lies in the queue, and nobody sees it
    desk.acknowledge()
    if rng.random() < 0.07:
        desk.transfer(rng.choice([one for one in AGENTS if one != team]))
    if rng.random() < 0.14:
        desk.wait()
    if desk.is_over or rng.random() < 0.03:
        return
    desk.answer()
    desk.hear()
    desk.close()


class _Desk:
    """One case, one step after another; what would be after the end is left undone."""

    def __init__(self, rng: Random, story: Story, until: datetime) -> None:
        self.rng, self.story, self.until = rng, story, until
        self.now, self.answers, self.is_over = story.submitted_at, 0, False
        self.suspended = 0

    def acknowledge(self) -> None:
        """Within two business days, nine times of ten."""
        late = self.rng.random() < 0.1
        if not late and self.rng.random() < 0.12:
            return  # answered before anybody said that it is in hand
        self._do("acknowledge", self.rng.uniform(2.2, 5) * A_DAY if late else self.rng.triangular(0.1, 10, 2.5) * HOUR)

    def transfer(self, team: str) -> None:
        self._do("transfer", self.rng.uniform(1, 9) * HOUR, team=team)

    def wait(self) -> None:
        """For the person or for somebody else; the clocks wait with it. Some still do when the weeks are over."""
        rng, language = self.rng, self.story.feedback["language"]
        if self._peek(after := rng.uniform(2, 20) * HOUR) is None:
            self.is_over = True
            return
        until = later_by(self._peek(after) or self.now, rng.uniform(6, 12) * A_DAY).isoformat()
        if rng.random() < 0.55:
            text, otherwise = wording.asked(rng, language)
            self._do("ask", after, text=text, otherwise=otherwise, until=until)
        else:
            reason = rng.choice(("medical-opinion", "other-agency", "bank-confirmation"))
            self._do("suspend", after, **{"for": "third_party", "reason": reason, "until": until})
        waited = rng.uniform(1, 5.5) * A_DAY
        self._do("resume", waited)
        self.suspended += int(waited)

    def answer(self) -> None:
        """Before its due moment, or some days after it."""
        rng, story = self.rng, self.story
        due = later_by(closing_after(story.submitted_at, PROMISED_DAYS[story.feedback["kind"]]), self.suspended)
        left = open_seconds(self.now, due)
        late = rng.random() < (0.3 if story.feedback["topic"] in ("late-payment", "slow-file") else 0.09)
        self._reply(left + rng.uniform(0.2, 6) * A_DAY if late else left * rng.triangular(0.08, 0.97, 0.45))

    def hear(self) -> None:
        """Half of those who were answered say whether it solved anything; some of the others come back."""
        rng = self.rng
        if not self.answers or rng.random() > 0.5:
            return
        solved = rng.choices(("yes", "partly", "no"), (58, 18, 24))[0]
        self._verdict(solved)
        if solved != "no" or rng.random() > 0.45:
            return
        if self._do("reopen", rng.uniform(1, 8) * A_DAY, reason=rng.choice(_BACK)):
            if rng.random() < 0.15:
                self.is_over = True
                return
            self._reply(rng.uniform(1, 9) * A_DAY)
            if self.answers == 2 and rng.random() < 0.5:
                self._verdict(rng.choices(("yes", "partly", "no"), (62, 18, 20))[0])

    def close(self) -> None:
        if self.answers and not self.is_over and self.rng.random() < 0.7:
            self._do("close", self.rng.uniform(4, 16) * A_DAY)

    def _reply(self, seconds: float) -> None:
        rng, body = self.rng, self.story.feedback
        outcome = rng.choices(("upheld", "partly_upheld", "not_upheld"), (45, 22, 33))[0]
        text = wording.answered(rng, body["language"], body["topic"], outcome)
        if self._do("reply", seconds, outcome=outcome, text=text, recourse=wording.recourse(body["language"])):
            self.answers += 1

    def _verdict(self, solved: str) -> None:
        marks = {"yes": (4, 4, 5, 5, 3), "partly": (2, 3, 3, 4), "no": (1, 1, 2, 2, 3)}[solved]
        csat = self.rng.choice(marks) if self.rng.random() < 0.8 else None
        self.story.verdicts.append(Verdict(self.answers, solved, csat))

    def _peek(self, seconds: float) -> datetime | None:
        """When it will be after so much open time: on a whole second, and never at an opening or closing."""
        at = later_by(self.now, max(60.0, seconds)).replace(microsecond=0) - timedelta(seconds=7)
        at = max(at, self.now + timedelta(seconds=1))
        return at if at < self.until and not self.is_over else None

    def _do(self, verb: str, seconds: float, **body: object) -> bool:
        at = self._peek(seconds)
        if at is None:
            self.is_over = True
            return False
        self.story.deeds.append(Deed(verb, at, dict(body)))
        self.now = at
        return True


_BACK = (
    "La personne a rappelé : rien n’a été versé.",
    "She called back: the letter says the opposite.",
    "Le document n’est jamais arrivé.",
    "The same error is on the new statement.",
)
