"""What can be wrong with a count."""

from typing import ClassVar

from libs.common.problems import Problem


class DayInTheFuture(Problem):
    """This day has not begun yet: nothing can have been counted on it."""

    status: ClassVar[int] = 422
    fr = "Ce jour n'a pas encore commencé : rien n'a pu y être compté."


class CountedTwice(Problem):
    """The same day and place is there before in this batch: add the counts up, and send one."""

    status: ClassVar[int] = 422
    fr = "Le même jour et le même lieu sont déjà dans cet envoi : additionnez, et n'en envoyez qu'un."
