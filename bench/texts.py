"""Feedback to send: real texts of 600–700 characters where the data lies beside the checkout, else made-up ones."""

import csv
import itertools
import random
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "shared" / "data" / "services_publics_plus_sample.csv"
SHORTEST, LONGEST = 600, 700
_SERVICES = ("passports", "passport-renewal", "pensions", "website")
_TOPICS = ("waiting-time", "decision", "courtesy", "information", "accessibility")
_WORDS = (
    "attente",
    "dossier",
    "réponse",
    "courrier",
    "agent",
    "refus",
    "délai",
    "guichet",
    "pièce",
    "semaine",
    "pension",
)


def texts() -> list[str]:
    """Stories that users told, each cut at a word where it is longer than 700 characters."""
    if not DATA.is_file():
        chance = random.Random(7)  # noqa: S311 - the same words each time
        return [" ".join(chance.choice(_WORDS) for _ in range(90))[:LONGEST] for _ in range(300)]
    with DATA.open(newline="") as lines:
        told = [row["text"] for row in csv.DictReader(lines)]
    return [
        text if len(text) <= LONGEST else text[:LONGEST].rsplit(" ", 1)[0] for text in told if len(text) >= SHORTEST
    ]


def bodies(count: int = 1_000) -> list[dict[str, Any]]:
    """Complaints from the web, as `POST /v1/feedback` takes them: with a mark, every second with an address."""
    choices = zip(itertools.cycle(texts()), itertools.cycle(_SERVICES), itertools.cycle(_TOPICS), range(count))
    return [
        {
            "channel": "web",
            "kind": "complaint",
            "service": service,
            "topic": topic,
            "text": text,
            "language": "fr",
            "ratings": [{"measure": "csat", "value": 1 + number % 5}],
            **(_person(number) if number % 2 else {}),
        }
        for text, service, topic, number in choices
    ]


def _person(number: int) -> dict[str, Any]:
    return {
        "person": {"name": f"Zoé Tremblay {number}", "email": f"zoe.{number}@example.org", "language": "fr"},
        "reply_by": "email",
        "consent": [{"purpose": "contact", "given": True}],
    }
