"""Who speaks: names, addresses, the language they write in. Nobody real: `example.org`, numbers in 555-01xx."""

import unicodedata
from dataclasses import dataclass
from random import Random

from examples.pension_agency import wording
from examples.pension_agency.wording import Language


@dataclass(frozen=True)
class Person:
    """`linkable` persons let their feedback be linked, by their e-mail address."""

    number: int
    language: Language
    name: str
    email: str | None
    phone: str | None
    linkable: bool

    def contact(self) -> dict[str, str]:
        """As `person` of a feedback."""
        fields = {"name": self.name, "email": self.email, "phone": self.phone, "language": self.language}
        return {name: value for name, value in fields.items() if value}


def somebody(rng: Random, number: int) -> Person:
    """Three in ten leave an address and let feedback be linked; others leave a number, or nothing but a name."""
    language: Language = "fr" if rng.random() < 0.64 else "en"
    first, last = wording.name(rng, language)
    linkable = rng.random() < 0.3
    has_phone = not linkable and rng.random() < 0.35
    return Person(
        number=number,
        language=language,
        name=f"{first} {last}",
        email=f"{_plain(first)}.{_plain(last)}.{number}@example.org" if linkable else None,
        phone=f"{rng.choice((418, 450, 514, 819))}-555-01{rng.randint(0, 99):02d}" if has_phone else None,
        linkable=linkable,
    )


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
