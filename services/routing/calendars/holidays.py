"""Public holidays as data, from the `holidays` package."""

from collections.abc import Iterable
from datetime import date

from holidays import country_holidays, list_supported_countries


def public_holidays(
    country: str, subdivision: str | None, years: Iterable[int], categories: Iterable[str] = ("public",)
) -> frozenset[date]:
    """The local dates of the public holidays of a country, or of one subdivision of it, in some years.

    `country` is an ISO 3166-1 alpha-2 code (`CA`), `subdivision` the part of an ISO 3166-2 code after the hyphen
    (`QC`). `categories` are those of the package: Québec's Easter Monday is `optional`, since an employer may give it
    instead of Good Friday; federal holidays such as 30 September are `government`. Days observed in place of a holiday
    on a weekend are among them. Raises ValueError for a country, subdivision, category or year that the package does
    not know.
    """
    if country not in list_supported_countries(include_aliases=False):
        raise ValueError(f"no public holidays are known for country {country!r}")
    asked_years, asked_categories = sorted(set(years)), sorted(set(categories))
    if not asked_categories:
        raise ValueError("public holidays need at least one category")
    try:
        known = country_holidays(country, subdiv=subdivision, years=asked_years, categories=asked_categories)
    except NotImplementedError:
        raise ValueError(f"no public holidays are known for subdivision {subdivision!r} of {country}") from None
    for year in asked_years:
        if not known.start_year <= year <= known.end_year:
            raise ValueError(f"no public holidays are known for {country} in {year}")
    return frozenset(known.keys())
