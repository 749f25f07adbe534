"""Where staff can go: the pages of all three services, under one base address."""

from dataclasses import dataclass

from libs.common.auth.identity import Principal
from libs.common.languages import Bilingual


@dataclass(frozen=True)
class Entry:
    path: str
    name: Bilingual
    roles: frozenset[str]


ENTRIES = (
    Entry("/queue", Bilingual(fr="File", en="Queue"), frozenset({"agent", "supervisor", "reviewer"})),
    Entry("/entry", Bilingual(fr="Saisie", en="Quick entry"), frozenset({"agent", "supervisor"})),
    Entry(
        "/dashboard", Bilingual(fr="Tableau de bord", en="Dashboard"), frozenset({"manager", "analyst", "supervisor"})
    ),
)

OPEN_TO_ALL = (
    Entry("/feedback", Bilingual(fr="Donner son avis", en="Give feedback"), frozenset()),
    Entry("/follow", Bilingual(fr="Suivre", en="Follow"), frozenset()),
    Entry("/standards", Bilingual(fr="Nos engagements", en="Our standards"), frozenset()),
)


def entries_for(principal: Principal | None) -> list[Entry]:
    """What somebody can use; without a session, what is open to all."""
    if principal is None:
        return list(OPEN_TO_ALL)
    return [*(entry for entry in ENTRIES if principal.has(*entry.roles)), OPEN_TO_ALL[-1]]
