"""Tokens over the wire (RFC 6749)."""

from typing import Any, Literal

from pydantic import BaseModel, Field


class TokenOut(BaseModel):
    """A token that intake, routing and analytics accept."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - the kind of token
    expires_in: int = Field(description="seconds", examples=[1800])
    scope: str = Field(examples=["cases:read cases:work"])


class KeySet(BaseModel):
    """A JWK set (RFC 7517): the public keys that tokens of partners and devices are verified by."""

    keys: list[dict[str, Any]]


TOKEN_REQUEST: dict[str, Any] = {
    "security": [],
    "requestBody": {
        "required": True,
        "content": {
            "application/x-www-form-urlencoded": {
                "schema": {
                    "type": "object",
                    "required": ["grant_type"],
                    "properties": {
                        "grant_type": {"type": "string", "enum": ["client_credentials"]},
                        "client_id": {"type": "string", "description": "code of the partner or device"},
                        "client_secret": {"type": "string", "description": "one of its keys"},
                        "scope": {"type": "string", "description": "fewer scopes than it has, with spaces between"},
                    },
                },
                "example": {
                    "grant_type": "client_credentials",
                    "client_id": "helpdesk",
                    "client_secret": "eck_4q8z2m6t0c9d7x1k_…",
                },
            }
        },
    },
}
"""The form, for the OpenAPI document."""
