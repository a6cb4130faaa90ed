"""compose/prometheus and compose/grafana: the rules by promtool, and a real
Prometheus that asks the real programs."""

import json
import re
import subprocess
import urllib.parse

import pytest
from deployment import Deployment
from ports import free_port
from process import Process, plain_environment
from small_events import user
from sources import ROOT
from waiting import wait_until
from webhook import request

PROMETHEUS = ROOT / "compose" / "prometheus"
DASHBOARD = ROOT / "compose/grafana/dashboards/clerkstream.json"
NAME = re.compile(r"\b(?:clerkstream_|kafka_consumergroup_|process_)\w+")
RECORD = re.compile(r"\bclerkstream:[\w:]+")


def promtool(*words):
    done = subprocess.run(["promtool", *words], cwd=PROMETHEUS, timeout=120,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def expressions():
    dashboard = json.loads(DASHBOARD.read_text())
    return [target["expr"] for panel in dashboard["panels"]
            for target in panel.get("targets", [])]  # fmt: skip


def rules():
    return (PROMETHEUS / "rules.yml").read_text()


def test_the_configuration_is_one():
    promtool("check", "config", "prometheus.yml")


def test_alerts_fire_when_they_must_and_only_then():
    promtool("test", "rules", "rules.test.yml")


def test_each_alert_is_tried_firing_and_silent():
    tried = (PROMETHEUS / "rules.test.yml").read_text()
    for alert in re.findall(r"- alert: (\w+)", rules()):
        cases = [case for case in tried.split("- interval:")
                 if f'alertname="{alert}"' in case]  # fmt: skip
        silent = ["exp_samples: []" in case for case in cases]
        assert any(silent) and not all(silent), alert


def test_only_what_is_measured_is_asked_for():
    readme = (ROOT / "README.md").read_text()
    known = set(re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE))
    recorded = set(re.findall(r"- record: (\S+)", rules()))
    for text in [rules(), *expressions()]:
        for name in NAME.findall(text):
            assert re.sub("_(bucket|sum|count)$", "", name) in known, name
        assert set(RECORD.findall(text)) <= recorded, text


def test_panels_have_ids_and_places_of_their_own():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                 for y in range(at["y"], at["y"] + at["h"])}  # fmt: skip
        assert at["x"] + at["w"] <= 24 and not cells & taken, panel["title"]
        taken |= cells


def configuration(producer, consumer):
    """That of compose.yaml, with addresses in the place of services."""
    text = (PROMETHEUS / "prometheus.yml").read_text()
    for program in (producer, consumer):
        text = re.sub(
            r"dns_sd_configs:(\n      .*)+",
            f"static_configs: [{{targets: ['{program.admin}']}}]",
            text, count=1,
        )  # fmt: skip
    return text.replace("10s", "1s").replace(
        "rules.yml", str(PROMETHEUS / "rules.yml")
    )


class Server(Process):
    def __init__(self, directory, *programs):
        self.listen = f"127.0.0.1:{free_port()}"
        config = directory / "prometheus.yml"
        config.write_text(configuration(*programs))
        super().__init__(
            ["prometheus", f"--config.file={config}",
             f"--storage.tsdb.path={directory / 'data'}",
             f"--web.listen-address={self.listen}"],
            directory / "prometheus.log", plain_environment(),
        )  # fmt: skip

    def ask(self, path, **parameters):
        query = urllib.parse.urlencode(parameters)
        answer = request(f"http://{self.listen}/api/v1/{path}?{query}")
        assert answer.status == 200, answer
        return answer.json["data"]

    def healthy_targets(self):
        targets = self.ask("targets")["activeTargets"]
        return sum(target["health"] == "up" for target in targets)

    def values(self, expression):
        return self.ask("query", query=expression)["result"]


@pytest.fixture(scope="module")
def server(kafka, postgres, tmp_path_factory):
    directory = tmp_path_factory.mktemp("prometheus")
    with Deployment(kafka, postgres, directory) as deployment:
        server = Server(directory, deployment.producer(), deployment.consumer())
        server.start()
        try:
            wait_until(lambda: "ready to receive" in server.log, 60)
            wait_until(lambda: server.healthy_targets() == 2, 60, "both are up")
            for at in range(200):
                deployment.post(user(f"user_{at % 7}", at=at))
            deployment.wait_for_ledger(200)
            yield server
        finally:
            server.kill()


def test_prometheus_scrapes_without_an_error(server):
    targets = server.ask("targets")["activeTargets"]
    assert [target["lastError"] for target in targets] == ["", ""]


def test_rules_are_evaluated_without_an_error(server):
    def all_rules():
        return [rule for group in server.ask("rules")["groups"]
                for rule in group["rules"]]  # fmt: skip

    wait_until(lambda: all(rule["health"] == "ok" for rule in all_rules()), 60)
    assert [rule["lastError"] for rule in all_rules()
            if rule.get("lastError")] == []  # fmt: skip


def test_nothing_is_alarmed_while_all_is_well(server):
    assert server.values('ALERTS{severity="page"}') == []


@pytest.mark.parametrize("expression", expressions())
def test_a_panel_asks_what_prometheus_understands(server, expression):
    asked = expression.replace("$__rate_interval", "1m")
    seen = server.values(asked)
    if "clerkstream:event_to_row" in asked or asked == "min(clerkstream_ready)":
        wait_until(lambda: server.values(asked), 30, "a figure")
    assert isinstance(seen, list)
