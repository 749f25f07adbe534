"""Rules and standards: the first that holds decides."""

from dataclasses import dataclass

import pytest
from pydantic import ValidationError

from services.routing.rules.conditions import Condition
from services.routing.rules.deciding import decide
from services.routing.rules.schemas import Rule
from services.routing.standards.precedence import Standard, in_precedence, standard_for
from services.routing.standards.schemas import StandardDocument


@dataclass(frozen=True)
class Said:
    service: str | None = None
    service_point: str | None = None
    topic: str | None = None
    channel: str = "web"
    kind: str | None = None
    language: str | None = None
    respondent: str | None = None
    urgent: str | None = None
    priority: str = "normal"
    disclosure: str = "named"
    concerns_staff: bool = False
    source: str | None = "web_form"
    response_requested: bool = False


@pytest.mark.parametrize(
    ("when", "said", "holds"),
    [
        ({}, Said(), True),
        ({"service": ["a", "b"]}, Said(service="b"), True),
        ({"service": ["a", "b"]}, Said(service="c"), False),
        ({"service": ["a"]}, Said(), False),
        ({"service": ["a"], "kind": ["complaint"]}, Said(service="a", kind="complaint"), True),
        ({"service": ["a"], "kind": ["complaint"]}, Said(service="a"), False),
        ({"channel": ["letter", "fax"], "language": ["fr"]}, Said(channel="fax", language="fr"), True),
        ({"language": ["FR", "EN-ca"]}, Said(language="fr"), True),
        ({"language": ["FR", "EN-ca"]}, Said(language="en-CA"), True),
        ({"language": ["fr"]}, Said(language="fr-CA"), True),
        ({"language": ["zh"]}, Said(language="zh-Hant-TW"), True),
        ({"language": ["fr-CA"]}, Said(language="fr"), False),
        ({"language": ["fr"]}, Said(language="frr"), False),
        ({"language": ["fr"]}, Said(), False),
        ({"service_point": ["p"], "topic": ["t"]}, Said(service_point="p", topic="t"), True),
    ],
)
def test_a_condition_holds_when_each_of_its_lists_has_the_value(
    when: dict[str, list[str]], said: Said, holds: bool
) -> None:
    condition = Condition.model_validate(when)
    assert condition.holds(said) is holds
    assert condition.is_empty is (when == {})


@pytest.mark.parametrize(
    ("one", "other", "covers", "meets"),
    [
        ({}, {"language": ["fr"]}, True, True),
        ({"language": ["fr"]}, {}, False, True),
        ({"service": ["a", "b"]}, {"service": ["b"]}, True, True),
        ({"service": ["a", "b"]}, {"service": ["b", "c"]}, False, True),
        ({"service": ["a"]}, {"service": ["b"]}, False, False),
        ({"language": ["fr"]}, {"language": ["fr-CA", "fr"], "service": ["a"]}, True, True),
        ({"language": ["fr-CA"]}, {"language": ["fr"]}, False, True),
        ({"language": ["fr-CA"]}, {"language": ["fr-FR"]}, False, False),
    ],
)
def test_a_condition_covers_what_it_always_holds_for_and_meets_what_both_can_hold_for(
    one: dict[str, list[str]], other: dict[str, list[str]], covers: bool, meets: bool
) -> None:
    a, b = Condition.model_validate(one), Condition.model_validate(other)
    assert a.covers(b) is covers
    assert a.meets(b) is b.meets(a) is meets


def test_the_first_rule_that_holds_decides() -> None:
    rules = [
        Rule(when=Condition(service=["a"], kind=["complaint"]), team="one"),
        Rule(when=Condition(service=["a"]), team="two", opens_case=True),
        Rule(when=Condition(), team="all"),
        Rule(team="never"),
    ]
    assert decide(rules, Said(service="a", kind="complaint"))[1].team == "one"
    assert decide(rules, Said(service="a", kind="enquiry"))[1].team == "two"
    assert decide(rules, Said()) == (3, rules[2])


def test_the_most_specific_standard_that_holds_promises_and_there_may_be_none() -> None:
    def standard(code: str, **when: list[str]) -> Standard:
        document = {"code": code, "name": {"fr": code, "en": code}, "when": when}
        clocks = [{"clock": "reply", "within": {"business_days": 1}}]
        return Standard(version=1, document=StandardDocument.model_validate({**document, "clocks": clocks}))

    standards = in_precedence(
        [standard("lax", kind=["complaint"]), standard("strict", kind=["complaint"], channel=["web"])]
    )
    chosen = [
        standard_for(standards, Said(kind="complaint")),
        standard_for(standards, Said(kind="complaint", channel="phone")),
        standard_for(standards, Said(kind="enquiry")),
    ]
    assert [one.document.code if one else None for one in chosen] == ["strict", "lax", None]


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"team": "a b"},
        {"team": "a", "when": {"kind": ["rant"]}},
        {"team": "a", "when": {"channel": ["pigeon"]}},
        {"team": "a", "when": {"colour": ["red"]}},
        {"team": "a", "when": {"service": "a"}},
    ],
    ids=str,
)
def test_a_rule_that_could_never_hold_as_it_was_meant_is_refused(rule: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Rule.model_validate(rule)
