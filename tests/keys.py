"""The key of partners' tokens that the tests' services share."""

from libs.common.auth.partner_tokens import public_keys

PARTNER_TOKEN_KEY = "D" * 43 + "="
PARTNER_TOKEN_KEYS = public_keys(PARTNER_TOKEN_KEY)
