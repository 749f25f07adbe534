"""Why a calendar cannot be read or published."""

from typing import ClassVar

from libs.common.problems import Problem


class CalendarNotFound(Problem):
    """There is no such calendar."""

    status: ClassVar[int] = 404
    fr = "Ce calendrier n'existe pas."
