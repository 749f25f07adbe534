"""Another language in the middle of a form: the page comes again with all that stands in it, and nothing is sent."""

from typing import cast, get_args

from starlette.datastructures import FormData
from starlette.responses import Response

from libs.common.languages import Language, language_of_request

COOKIE = "language"
SECONDS = 365 * 24 * 3600


def switched(sent: FormData) -> bool:
    """Whether the button of the other language sent the form; from here on, what is rendered is in that language."""
    wanted = sent.get("lang")
    if wanted not in get_args(Language):
        return False
    language_of_request.set(cast(Language, wanted))
    return True


def keep_language(response: Response, language: Language) -> Response:
    """For the pages that follow."""
    response.set_cookie(COOKIE, language, max_age=SECONDS, httponly=True, samesite="lax")
    return response
