"""What comes to the provider's page and to its endpoint."""

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

Role = Literal["agent", "supervisor", "reviewer", "manager", "analyst", "importer", "auditor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)

Opaque = Annotated[str, Field(min_length=1, max_length=500)]


class Asked(BaseModel):
    """What a client asks for (OpenID Connect Core 1.0, 3.1.2.1): the code flow with PKCE, and nothing else."""

    response_type: Literal["code"]
    client_id: Opaque
    redirect_uri: Opaque
    scope: str = Field(pattern=r"\bopenid\b", max_length=500)
    state: Opaque
    nonce: Opaque
    code_challenge: str = Field(pattern="^[A-Za-z0-9_-]{43}$")
    code_challenge_method: Literal["S256"]


class Picked(Asked):
    """The same, with who one wants to be."""

    model_config = ConfigDict(str_strip_whitespace=True)

    subject: str = Field(pattern=r"^[A-Za-z0-9._:@-]{1,64}$")
    roles: list[Role] = Field(min_length=1)
    teams: list[Annotated[str, Field(max_length=64)]] = []


class Exchange(BaseModel):
    """A code for an ID token (RFC 6749, 4.1.3; RFC 7636, 4.5)."""

    grant_type: Literal["authorization_code"]
    code: Opaque
    redirect_uri: Opaque
    client_id: Opaque
    client_secret: Opaque
    code_verifier: str = Field(pattern="^[A-Za-z0-9._~-]{43,128}$")
