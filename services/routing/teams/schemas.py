"""Teams over the wire, and as they are written in YAML."""

from typing import Annotated

from pydantic import BaseModel, Field

from libs.common.languages import Bilingual
from libs.common.wire import Line, Wire
from libs.contracts.codes import Code


class Contact(Wire):
    """Where the public reaches the team."""

    phone: Annotated[Line, Field(max_length=40)] | None = None
    email: Annotated[Line, Field(max_length=254)] | None = None


class TeamDocument(Wire):
    code: Code
    name: Bilingual
    contact: Contact = Contact()


class TeamOut(BaseModel):
    code: str
    name: Bilingual
    contact: Contact


class Teams(BaseModel):
    items: list[TeamOut]
