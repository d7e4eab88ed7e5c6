"""Spans for OpenTelemetry. Imported only where they are wanted: needs the extra `telemetry`."""

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from shared.platform.trail import Traceparent


def record_spans(endpoint: str, service: str) -> TracerProvider:
    """Send the spans of this process to the OTLP *endpoint*, over HTTP."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"feira-{service}"}))
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return provider


def traceparent_in_force() -> str:
    """The trace context of the span now being recorded, or empty."""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return ""
    sampled = span.trace_flags.sampled
    return str(Traceparent(f"{span.trace_id:032x}", f"{span.span_id:016x}", sampled))
