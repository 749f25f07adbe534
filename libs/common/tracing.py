"""Traces (OpenTelemetry), where a collector is named: requests, statements and calls to others, without their words.

FastAPI makes the spans of requests itself. Its metrics and logs stay off: ours are at `/metrics` and on standard
output, and its records of what failed would carry what was sent.
"""

from fastapi.telemetry import TelemetryConfig

from libs.common.settings import ServiceSettings


def tracing(service: str, settings: ServiceSettings) -> TelemetryConfig:
    """What FastAPI is told. Without a collector nothing is traced, and nothing of OpenTelemetry's is loaded."""
    if settings.otlp_endpoint is None:
        return {"tracing": False, "metrics": False, "logs": False}
    from opentelemetry.instrumentation.asyncpg import AsyncPGInstrumentor  # noqa: PLC0415
    from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    from libs.common.wordless_spans import WordlessExporter  # noqa: PLC0415

    provider = TracerProvider(resource=Resource.create({"service.name": f"ecoute-{service}"}))
    exporter = WordlessExporter(endpoint=f"{settings.otlp_endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    AsyncPGInstrumentor().instrument(  # type: ignore[no-untyped-call]
        tracer_provider=provider
    )
    HTTPXClientInstrumentor().instrument(tracer_provider=provider)
    return {
        "tracer_provider": provider,
        "tracing": True,
        "operation_spans": False,
        "metrics": False,
        "logs": False,
        "exclude": lambda scope: scope.get("path", "").endswith(("/healthz", "/readyz", "/metrics")),
    }
