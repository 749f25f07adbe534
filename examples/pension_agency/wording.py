"""Words as people write them: made of parts, in French and English."""

from functools import cache
from pathlib import Path
from random import Random
from typing import Any, Literal

import yaml

Language = Literal["fr", "en"]
_HOUR = {"fr": " h ", "en": ":"}
OFFICES = {"gatineau": "Gatineau", "laval": "Laval", "longueuil": "Longueuil", "sherbrooke": "Sherbrooke"}


@cache
def _parts(language: Language) -> dict[str, Any]:
    path = Path(__file__).with_name(f"words_{language}.yaml")
    parts: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return parts


def name(rng: Random, language: Language) -> tuple[str, str]:
    """First and last."""
    parts = _parts(language)
    return rng.choice(parts["first_names"]), rng.choice(parts["last_names"])


def said(
    rng: Random,
    language: Language,
    topic: str,
    kind: str,
    *,
    office: str | None = None,
    proxy: str | None = None,
    again: bool = False,
) -> str:
    """What somebody says, for themselves or for somebody else; `again` where they come back."""
    parts = _parts(language)
    of_topic = parts["topics"][topic]
    sentences = [rng.choice(parts["greetings"])]
    if again:
        sentences.append(rng.choice(parts["again"]))
    if proxy:
        sentences.append(rng.choice(parts["proxy"][proxy]))
    sentences.append(rng.choice(of_topic["theirs" if proxy else "mine"]))
    if rng.random() < 0.75:
        sentences.append(rng.choice(of_topic["details"]))
    if kind == "complaint":
        sentences.append(rng.choice(parts["feelings"]))
    sentences.append(rng.choice(parts["asks"][kind]))
    greeting, *rest = [_filled(rng, one, language, office) for one in sentences]
    text = "".join(rest).strip()
    if greeting.endswith(", ") and not text.startswith(("I ", "I’")):
        text = text[0].lower() + text[1:]
    return _as_typed(rng, greeting + text)


def answered(rng: Random, language: Language, topic: str, outcome: str) -> str:
    """What the agency answers."""
    parts = _parts(language)["replies"]
    sentences = (rng.choice(parts["openings"]), rng.choice(parts[outcome]), rng.choice(parts["topics"][topic]))
    return "".join(_filled(rng, one, language, None) for one in sentences)


def asked(rng: Random, language: Language) -> tuple[str, str]:
    """A question of the agency's, and what happens without an answer."""
    parts = _parts(language)
    return rng.choice(parts["questions"]), parts["otherwise"]


def recourse(language: Language) -> str:
    text: str = _parts(language)["recourse"]
    return text


def _filled(rng: Random, sentence: str, language: Language, office: str | None) -> str:
    """Each slot gets something else in each text."""
    if "{" not in sentence:
        return sentence
    parts = _parts(language)
    who = rng.choice(parts["who"])
    return sentence.format(
        who=who,
        Who=who[0].upper() + who[1:],
        age=rng.randint(71, 94),
        month=rng.choice(parts["months"]),
        weekday=rng.choice(parts["weekdays"]),
        days=rng.randint(6, 55),
        minutes=rng.choice((25, 35, 40, 45, 50, 70, 90)),
        years=rng.randint(18, 41),
        amount=rng.choice((38, 64, 112, 187, 240, 316, 409, 528, 735, 1140)),
        form=rng.choice(("RQ-12", "P-104", "S-7", "RI-33", "T-208")),
        time=f"{rng.randint(8, 11)}{_HOUR[language]}{rng.choice(('00', '15', '30'))}",
        office=OFFICES.get(office or "", rng.choice([*OFFICES.values()])),
    )


def _as_typed(rng: Random, text: str) -> str:
    """Some write in haste."""
    chance = rng.random()
    if chance < 0.06:
        return text.lower()
    if chance < 0.10:
        return text.rstrip(".") + "!!"
    if chance < 0.14:
        return text.replace("’", "'").replace("é", "e")
    return text
