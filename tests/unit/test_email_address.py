"""What is taken as an e-mail address is what the library takes, in the same form, and refused in the same words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import EmailStr, TypeAdapter, ValidationError

from libs.common.email_address import EmailAddress

OURS, THEIRS = TypeAdapter(EmailAddress), TypeAdapter(EmailStr)
MAILBOXES = ("a", "Zoe.Tremblay.1", "a+b_c-d", "POSTMASTER", "a..b", ".a", "a.", "é", '"a b"', "a" * 64, "a" * 65, "")
DOMAINS = (
    "b.fr",
    "Example.ORG",
    "localhost",
    "x.test",
    "x",
    "-x.fr",
    "x-.fr",
    "x..fr",
    "x.fr.",
    "127.0.0.1",
    "[127.0.0.1]",
    "xn--bcher-kva.fr",
    "XN--bcher-kva.fr",
    "ab--cd.fr",
    "é.fr",
    "x" * 63 + ".fr",
    "x" * 64 + ".fr",
    ("x" * 60 + ".") * 4 + "fr",
    "x.co.uk",
    "x.1",
    "b.fr\n",
    "",
)


def read(adapter: TypeAdapter[str], sent: Any) -> Any:
    try:
        return adapter.validate_python(sent)
    except ValidationError as refused:
        return refused.errors(include_url=False)


@pytest.mark.parametrize("mailbox", MAILBOXES)
@pytest.mark.parametrize("domain", DOMAINS)
def test_it_is_read_as_the_library_reads_it(mailbox: str, domain: str) -> None:
    address = f"{mailbox}@{domain}"
    assert read(OURS, address) == read(THEIRS, address)


@pytest.mark.parametrize("sent", [None, 5, "", "@", "nobody", " a@b.fr ", "Zoé <a@b.fr>", "a@b.fr, c@d.fr", "a@b@c.fr"])
def test_what_is_no_address_is_refused_as_the_library_refuses_it(sent: Any) -> None:
    assert read(OURS, sent) == read(THEIRS, sent)


@given(st.text("aZ09._+-@ é", max_size=12), st.text("aZ09.-é", max_size=12))
def test_any_address_is_read_as_the_library_reads_it(mailbox: str, domain: str) -> None:
    address = f"{mailbox}@{domain}.fr"
    assert read(OURS, address) == read(THEIRS, address)


def test_it_is_documented_as_the_library_documents_it() -> None:
    assert OURS.json_schema() == THEIRS.json_schema()
