"""Spans as they leave for the collector: without what was sent, which errors and addresses may carry.

PostgreSQL's errors quote the row that they refuse, and no erasure reaches a collector.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import Event, ReadableSpan
from opentelemetry.sdk.trace.export import SpanExportResult
from opentelemetry.trace import Status

_MAY_CARRY_WORDS: Final = {"url.query", "exception.message", "exception.stacktrace"}


class WordlessExporter(OTLPSpanExporter):
    """Sends spans by OTLP over HTTP. Of an error it tells the type alone."""

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        return super().export([_without_words(span) for span in spans])


def _without_words(span: ReadableSpan) -> ReadableSpan:
    return ReadableSpan(
        span.name,
        span.context,
        span.parent,
        span.resource,
        _without_those(span.attributes),
        [Event(event.name, _without_those(event.attributes), event.timestamp) for event in span.events],
        span.links,
        span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _without_those(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (attributes or {}).items() if name not in _MAY_CARRY_WORDS}
