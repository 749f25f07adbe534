"""Analytics knows a partner by the token that intake gave it, and shows it no figures."""

import time

import httpx

from libs.common.auth.identity import Principal
from libs.common.auth.partner_tokens import PartnerTokenSigner
from tests.keys import PARTNER_TOKEN_KEY

TOOL = Principal("helpdesk", frozenset(), frozenset({"passports"}), "partner", frozenset({"cases:read"}), key_id="k")


async def test_a_partner_is_known_and_sees_no_figures_a_stranger_is_not_known(http: httpx.AsyncClient) -> None:
    for key, status in ((PARTNER_TOKEN_KEY, 403), ("E" * 43 + "=", 401)):
        signed = PartnerTokenSigner(key).sign(TOOL, token_id="t", audience=["ecoute"], at=int(time.time()), seconds=900)
        answer = await http.get("/v1/kpis?names=volume", headers={"Authorization": f"Bearer {signed}"})
        assert answer.status_code == status
