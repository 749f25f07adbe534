"""What lies open today: some cases that nobody has answered yet, one of them late, one due before midnight."""

from datetime import UTC, date, datetime, timedelta
from random import Random

from examples.pension_agency import wording
from examples.pension_agency.hours import ZONE
from examples.pension_agency.people import somebody
from examples.pension_agency.stories import Deed, Story

SERVICE = "change-of-details"
"""No figure of the thirteen weeks counts it: whoever works on these cases spoils nothing."""
PROMISED_DAYS = 10
DAYS_AGO = (14, 12, 11, 10, 10, 9, 7, 5, 3, 2, 1, 1)
TOPICS = ("late-payment", "slow-file", "lost-document", "online-trouble", "unclear-letter")


def open_today(rng: Random, today: date) -> list[Story]:
    """Submitted so many days ago, in the middle of the day, and told today what can be told."""
    stories = []
    for number, ago in enumerate(DAYS_AGO):
        day = today - timedelta(days=ago)
        at = datetime(day.year, day.month, day.day, rng.randint(9, 15), rng.randint(0, 59), tzinfo=ZONE).astimezone(UTC)
        person = somebody(rng, 900_000 + number)
        topic, kind = rng.choice(TOPICS), rng.choice(("complaint", "complaint", "service_request"))
        body = {
            "channel": "web",
            "kind": kind,
            "service": SERVICE,
            "topic": topic,
            "language": person.language,
            "text": wording.said(rng, person.language, topic, kind),
            "person": {"name": person.name, "language": person.language},
        }
        story = Story("", "pension-website", at, body, agent=rng.choice(("denis", "esther")), live=True)
        if ago > 2:
            story.deeds.append(Deed("acknowledge", None))
        if number % 4 == 1:
            story.message = wording.said(rng, person.language, topic, "complaint", again=True)
        stories.append(story)
    return stories
