"""What stands out in the figures, beyond chance: found in what the system says, and checked like the rest."""

from collections.abc import Sequence
from datetime import timedelta
from math import sqrt
from statistics import NormalDist

from deploy.demo.figures import Analytics, Checked, Said, Span, Standing, check
from examples.pension_agency import truth
from examples.pension_agency.speaking import OFFICES
from examples.pension_agency.speaking import TOPICS as TOPICS_OF_SERVICES
from examples.pension_agency.truth import Telling, Truth

TOPICS = sorted({topic for topics in TOPICS_OF_SERVICES.values() for topic in topics})
FOUR_WEEKS = timedelta(weeks=4)
BEYOND_CHANCE = 4.0
"""Standard deviations of a week's count above the other weeks': with a hundred weeks looked at, chance gives none."""


async def standing_out(analytics: Analytics, telling: Telling) -> Standing:
    """The surge, the office that changed, the topics that please more or less than all together."""
    found = Standing()
    names = {**await analytics.names_of("topic"), **await analytics.names_of("service_point")}
    await _surges(analytics, telling, names, found)
    await _offices(analytics, telling, names, found)
    await _topics(analytics, telling, names, found)
    return found


async def _surges(analytics: Analytics, telling: Telling, names: dict[str, str], found: Standing) -> None:
    """A week in which a topic comes up far more often than in the others."""
    for topic, weeks in (await analytics.weeks()).items():
        if topic not in TOPICS:
            continue
        first, most = max(weeks.items(), key=lambda one: one[1]["value"])
        usual = sum(point["value"] for day, point in weeks.items() if day != first) / (len(weeks) - 1)
        if most["value"] - usual <= BEYOND_CHANCE * sqrt(max(1.0, usual)):
            continue
        name = names.get(topic, topic)
        found.checked.append(check(f"{name}, week of {first}", most, truth.count(truth.by_week(telling, topic)[first])))
        found.lines.append(
            f"A surge: “{name}” came up {most['value']:.0f} times in the week of {first}, "
            f"against {usual:.0f} in a usual week."
        )


async def _offices(analytics: Analytics, telling: Telling, names: dict[str, str], found: Standing) -> None:
    """Satisfaction with each office, the last four weeks against the first four."""
    world = telling.world
    early, late = (world.first, world.first + FOUR_WEEKS), (world.end - FOUR_WEEKS, world.end)
    compare = f"{early[0]}..{early[1]}"
    figures = await analytics.figures("csat", by="service_point", span=late, compare=compare)
    for office in OFFICES:
        [figure] = [one for one in figures if one["filters"]["service_point"] == office]
        name, comparison = names.get(office, office), figure["comparison"]
        now, before = _csat_at(telling, office, late), _csat_at(telling, office, early)
        found.checked += [
            check(f"{name}, last four weeks", figure, now),
            check(f"{name}, first four weeks", {**comparison, "numerator": before.numerator}, before),
            _difference(name, comparison, now, before),
        ]
        if is_beyond_chance(0.0, comparison["difference"], comparison["difference_interval"], of=len(OFFICES)):
            low, high = comparison["difference_interval"]
            how = "gets better" if comparison["difference"] > 0 else "gets worse"
            found.lines.append(
                f"{name} {how}: {comparison['value']:.0f} % satisfied in the first four weeks, {figure['value']:.0f} % "
                f"in the last ({comparison['difference']:+.0f} points, {low:+.0f} to {high:+.0f})."
            )


async def _topics(analytics: Analytics, telling: Telling, names: dict[str, str], found: Standing) -> None:
    """Topics whose interval does not reach what all together say."""
    [together] = await analytics.figures("csat")
    for figure in await analytics.figures("csat", by="topic"):
        topic, interval = figure["filters"]["topic"], figure["interval"]
        if topic not in TOPICS or interval is None:
            continue
        said = [story for story in telling.said() if story.feedback.get("topic") == topic]
        found.checked.append(check(f"Satisfied, {names.get(topic, topic)}", figure, truth.favourable(said)))
        if not is_beyond_chance(together["value"], figure["value"], interval, of=len(TOPICS)):
            continue
        how = "above" if figure["value"] > together["value"] else "below"
        found.lines.append(
            f"“{names.get(topic, topic)}”: {figure['value']:.0f} % satisfied ({interval[0]:.0f} to {interval[1]:.0f}, "
            f"n = {figure['n']}), {how} the {together['value']:.0f} % of all together."
        )


def is_beyond_chance(nothing: float, value: float, interval: Sequence[float], *, of: int) -> bool:
    """Whether a value is farther from `nothing` than chance takes any of so many that are looked at (Bonferroni).

    The 95 % interval is made wider in proportion.
    """
    wider = NormalDist().inv_cdf(1 - 0.025 / of) / NormalDist().inv_cdf(0.975)
    bound = interval[0] if value > nothing else interval[1]
    return abs(value - nothing) > wider * abs(value - bound)


def _csat_at(telling: Telling, office: str, span: Span) -> Truth:
    at = {office, f"pension-kiosk-{office}"}
    return truth.favourable(
        story for story in telling.said(*span) if at & {story.feedback.get("service_point"), story.sender}
    )


def _difference(name: str, comparison: Said, now: Truth, before: Truth) -> Checked:
    """The difference and its interval, and whether it is beyond chance."""
    value, (low, high) = truth.difference(now, before)
    assert low is not None and high is not None  # noqa: S101, PT018
    said = {"value": comparison["difference"], "n": None, "interval": comparison["difference_interval"]}
    checked = check(f"{name}, difference", {**said, "n": now.n}, Truth(value, now.n, bounds=(low, high)))
    is_beyond = not low <= 0 <= high
    if checked.wrong or comparison["beyond_chance"] is is_beyond:
        return checked
    return Checked(checked.title, checked.said, checked.truth, "whether it is beyond chance is said otherwise")
