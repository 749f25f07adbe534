"""Dashboards and alerts use metrics that exist, and each alert has a page to turn to."""

import json
import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

from deploy.documents import application
from deploy.services import SERVICES

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "deploy" / "monitoring"
OF_PROMETHEUS = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}


@pytest.fixture(scope="module")
def metrics() -> set[str]:
    """Every name that some process tells at /metrics."""
    for service in SERVICES:
        application(service)
        application(service, "worker")
    for carrier in ("relay", "reader"):  # imported by a process that the settings let use Kafka
        import_module(f"libs.common.stream.kafka.{carrier}")
    suffixes = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_count", "_sum")}
    return {
        f"{one.name}{suffix}" for one in REGISTRY.collect() for suffix in suffixes.get(one.type, ())
    } | OF_PROMETHEUS


def names_in(expression: str) -> set[str]:
    without_labels = re.sub(r"\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)", "", expression)
    return set(re.findall(r"\b(?:ecoute_[a-z_]+|process_[a-z_]+|up)\b", without_labels))


def alerts() -> dict[str, str]:
    document = yaml.safe_load((MONITORING / "alerts.yaml").read_text("utf-8"))
    return {rule["alert"]: rule["expr"] for group in document["groups"] for rule in group["rules"]}


def test_every_alert_is_about_metrics_that_exist(metrics: set[str]) -> None:
    used = {alert: names_in(expression) for alert, expression in alerts().items()}
    assert all(used.values())
    assert {alert: names - metrics for alert, names in used.items() if names - metrics} == {}


def test_every_panel_shows_metrics_that_exist(metrics: set[str]) -> None:
    panels = json.loads((MONITORING / "grafana.json").read_text("utf-8"))["panels"]
    used = [(panel["title"], names_in(target["expr"])) for panel in panels for target in panel.get("targets", [])]
    assert len(used) > 20
    assert all(names for _, names in used)
    assert [(title, names - metrics) for title, names in used if names - metrics] == []


def test_every_metric_of_ours_is_shown_or_watched(metrics: set[str]) -> None:
    panels = json.loads((MONITORING / "grafana.json").read_text("utf-8"))["panels"]
    seen = {name for panel in panels for target in panel.get("targets", []) for name in names_in(target["expr"])}
    seen |= {name for expression in alerts().values() for name in names_in(expression)}
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in metrics if name.startswith("ecoute_")}
    shown = {re.sub(r"_(bucket|count|sum)$", "", name) for name in seen}
    assert families - shown <= {"ecoute_routing_timers_total"}


def test_in_a_cluster_targets_get_the_labels_that_alerts_ask_for() -> None:
    [job] = yaml.safe_load((MONITORING / "kubernetes.yaml").read_text("utf-8"))["scrape_configs"]
    given = {one["target_label"] for one in job["relabel_configs"] if "target_label" in one}
    assert (job["job_name"], given >= {"app", "process"}) == ("ecoute", True)
    asked = {name for expression in alerts().values() for name in re.findall(r'(\w+)="', expression)}
    assert asked <= given | {"job", "source", "outcome"}


def test_every_alert_says_what_to_do() -> None:
    operations = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert [name for name in alerts() if f"`{name}`" not in operations] == []
