"""A figure over time, as it is drawn and tabled."""

from dataclasses import dataclass
from datetime import timedelta

from libs.common.languages import Bilingual
from services.analytics.kpis.definitions import KpiName
from services.analytics.kpis.schemas import Grain, Line, Point


@dataclass(frozen=True)
class Chart:
    """One line. A count of a week or month that the span cuts is no match for the others: it is told, and not drawn."""

    name: KpiName
    title: Bilingual
    line: Line
    grain: Grain

    def is_cut(self, point: Point) -> bool:
        if self.name != "volume" or self.grain == "day":
            return False
        if self.grain == "week":
            return point.to - point.from_ < timedelta(days=7)
        return point.from_.day != 1 or point.to.day != 1
