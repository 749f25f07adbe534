"""The person's pages: what they ask, promise and tell, and what is left where nothing came of what was written."""

from html import unescape
from typing import Any

import pytest

from tests.services.intake.cases import Story
from tests.services.intake.house import COMPLAINT, Intake
from tests.services.intake.posting import SOON


async def shown(intake: Intake, path: str, sent: dict[str, Any] | None = None, language: str = "en") -> str:
    """A page, or what answers its form; with plain spaces."""
    method, headers = "POST" if sent else "GET", {"Accept-Language": language}
    answer = await intake.http.request(method, path, data=sent, headers=headers)
    return unescape(answer.text).replace("\u202f", " ").replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("language", "said", "not_said"),
    [
        ("fr", ("Elle n'a pas pu parvenir à la personne concernée.", "élément de la personne concernée"), "votre part"),
        ("en", ("It could not reach the person concerned.", "something from the person concerned"), "Please answer by"),
    ],
)
async def test_who_may_not_know_is_told_of_the_person_and_asked_nothing(
    intake: Intake, language: str, said: tuple[str, str], not_said: str
) -> None:
    without = {"role": "relative", "authority": "none"}
    person = {"email": "mother@example.org"}
    receipt = await intake.submit({**COMPLAINT, "person": person, "reply_by": "email", "submitted_by": without})
    story, code = Story(receipt["id"]), {"code": receipt["tracking_code"]}
    await intake.rows("UPDATE feedback SET told_by_mail = '[]' WHERE id = :id RETURNING 1", id=receipt["id"])
    await intake.hear(
        story.opened(), story.replied(1), story.reopened(), story.asked(SOON), story.suspended("person", SOON)
    )
    page = await shown(intake, "/follow", code, language)
    assert [one for one in said if one not in page] == []
    assert not_said not in page
    assert 'name="in_answer_to"' not in page
