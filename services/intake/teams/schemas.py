"""A team as those see it who wait for its answer."""

from pydantic import BaseModel, Field

from libs.common.languages import Bilingual
from libs.contracts.organisation import PublicContact


class TeamName(BaseModel):
    code: str
    name: Bilingual
    contact: PublicContact = Field(PublicContact(), description="where the public reaches the team")
