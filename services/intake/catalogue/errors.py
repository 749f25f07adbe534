"""What can be wrong with the catalogue."""

from typing import ClassVar

from libs.common.problems import Problem


class EntryNotFound(Problem):
    """There is no such entry in the catalogue."""

    status: ClassVar[int] = 404
    fr = "Cette entrée n'est pas au catalogue."


class EntryRefused(Problem):
    """The entry does not fit into the catalogue: see `errors`."""

    status: ClassVar[int] = 422
    fr = "L'entrée ne trouve pas sa place au catalogue : voir « errors »."


class EntryInUse(Problem):
    """Other entries stand below this one, or set it by themselves: retire or change those first."""

    status: ClassVar[int] = 409
    fr = "D'autres entrées sont sous celle-ci, ou la préremplissent : retirez ou changez d'abord celles-là."
