# SPDX-License-Identifier: Apache-2.0
"""The dashboard of deploy/grafana and the alerts, against the metrics that the
server's own code exports (metrics_dump.cc)."""

import itertools
import json
import os
import re
import subprocess
import sys
import tempfile
import unittest

import check_dashboard
import exposition
import promql
import support
import yaml

DASHBOARD = support.DEPLOY / "grafana/dashboards/facet.json"
RULES = support.DEPLOY / "prometheus/alerts.yml"
CHECKER = support.SOURCE / "tests/deploy/check_dashboard.py"
UNITS = {"none", "short", "s", "bytes", "Bps", "reqps", "percentunit"}


def dump_metrics():
    return subprocess.run([os.environ["FACET_METRICS_DUMP"]], check=True, capture_output=True, text=True).stdout


def load_dashboard():
    return json.loads(DASHBOARD.read_text(encoding="utf-8"))


class LayoutTest(unittest.TestCase):
    def setUp(self):
        self.dashboard = load_dashboard()
        self.panels = list(check_dashboard.panels_of(self.dashboard))
        self.charts = [panel for panel in self.panels if panel["type"] != "row"]

    def test_ids_and_titles_are_unique(self):
        for key in ("id", "title"):
            values = [panel[key] for panel in self.panels]
            self.assertEqual(len(values), len(set(values)), key)

    def test_panels_lie_in_the_grid_and_do_not_overlap(self):
        for panel in self.panels:
            place = panel["gridPos"]
            self.assertLessEqual(place["x"] + place["w"], 24, panel["title"])
        for one, other in itertools.combinations(self.panels, 2):
            a, b = one["gridPos"], other["gridPos"]
            apart = (
                a["x"] + a["w"] <= b["x"]
                or b["x"] + b["w"] <= a["x"]
                or a["y"] + a["h"] <= b["y"]
                or b["y"] + b["h"] <= a["y"]
            )
            self.assertTrue(apart, f"'{one['title']}' and '{other['title']}' overlap")

    def test_every_chart_says_what_it_shows_and_in_which_unit(self):
        for panel in self.charts:
            with self.subTest(panel["title"]):
                self.assertRegex(panel["description"], r"^[A-Z0-9].*\.$")
                references = [target["refId"] for target in panel["targets"]]
                self.assertTrue(references)
                self.assertEqual(len(references), len(set(references)))
                unit = panel["fieldConfig"]["defaults"].get("unit", panel["options"].get("yAxis", {}).get("unit"))
                if panel["type"] != "table":
                    self.assertIn(unit, UNITS)

    def test_every_query_goes_to_the_chosen_data_source(self):
        for panel in self.charts:
            for target in [panel, *panel["targets"]]:
                self.assertEqual(target["datasource"], {"type": "prometheus", "uid": "${datasource}"}, panel["title"])

    def test_the_red_line_is_where_the_alert_begins(self):
        limit = int(support.server_config()["max_render_queue"])
        self.assertIn(f"0.8 * {limit}", RULES.read_text(encoding="utf-8"))
        queue = next(panel for panel in self.panels if panel["title"] == "Queue")
        self.assertEqual(queue["fieldConfig"]["defaults"]["thresholds"]["steps"][-1]["value"], -(-limit * 8 // 10))


class NamesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.samples = exposition.parse(dump_metrics())

    def queries(self):
        queries = list(check_dashboard.dashboard_queries(load_dashboard()))
        return queries + list(check_dashboard.rule_queries(support.load_yaml(RULES)))

    def test_everything_asked_for_is_exported(self):
        self.assertEqual(check_dashboard.check(self.queries(), self.samples), [])

    def test_everything_exported_is_shown(self):
        shown = set()
        for query in check_dashboard.dashboard_queries(load_dashboard()):
            shown |= promql.names(query.expression).metrics()
        for family in {sample.family for sample in self.samples}:
            members = {sample.name for sample in self.samples if sample.family == family}
            self.assertTrue(members & shown, f"no panel shows {family}")

    def test_finds_what_is_not_exported(self):
        for expression, complaint in {
            "rate(facet_render_image_total[1m])": "did you mean facet_render_images_total",
            "facet_rpc_duration_seconds": "facet_rpc_duration_seconds is not exported",
            'facet_rpc_handled_total{status="OK"}': "has no label 'status'",
            "sum by (colour) (facet_ready)": "groups by 'colour'",
            "1 + 1": "names no metric",
        }.items():
            problems = check_dashboard.check([check_dashboard.Query("here", expression)], self.samples)
            self.assertEqual(len(problems), 1, expression)
            self.assertIn(complaint, problems[0])

    def test_finds_a_legend_without_its_label(self):
        query = check_dashboard.Query("here", "sum by (state) (facet_training_jobs)", ["instance"])
        self.assertIn("its text uses 'instance'", check_dashboard.check([query], self.samples)[0])

    def test_what_may_be_absent_is_passed_over(self):
        query = check_dashboard.Query("here", "facet_ready + facet_none")
        self.assertEqual(check_dashboard.check([query], self.samples, absent_ok="facet_n.*"), [])


class CommandTest(unittest.TestCase):
    def check(self, text, *options):
        return support.run(sys.executable, CHECKER, "--metrics", "-", *options, input=text)

    def test_passes_on_a_whole_dump(self):
        result = self.check(dump_metrics())
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertRegex(result.stdout, r"^\d+ queries")

    def test_fails_when_a_metric_has_been_renamed(self):
        result = self.check(dump_metrics().replace("facet_ready", "facet_is_ready"))
        self.assertEqual(result.returncode, 1)
        self.assertIn("alert 'FacetNotReady': facet_ready is not exported", result.stdout)

    def test_fails_on_what_is_no_exposition(self):
        self.assertIn("no metric", self.check("").stdout)
        self.assertNotEqual(self.check("<html>404</html>").returncode, 0)

    def test_knows_an_idle_server(self):
        idle = re.sub(r"(?m)^(# TYPE )?facet_(training|rpc)_.*\n", "", dump_metrics())
        self.assertEqual(self.check(idle).returncode, 1)
        self.assertEqual(self.check(idle, "--absent-ok", "facet_(training|rpc)_.*").returncode, 0)


class AnswersTest(unittest.TestCase):
    """Runs every query of the dashboard on Prometheus's own engine, over ten
    minutes of a server that does everything."""

    def input_series(self):
        for sample in exposition.as_scraped(exposition.parse(dump_metrics())):
            labels = ", ".join(f'{name}="{value}"' for name, value in sample.labels.items())
            grows = sample.kind in ("counter", "histogram")
            values = f"0+{sample.value:g}x40" if grows else f"{sample.value:g}x40"
            yield {"series": f"{sample.name}{{{labels}}}", "values": values}

    @support.needs("promtool")
    def test_every_query_has_an_answer(self):
        queries = [
            query
            for query in check_dashboard.dashboard_queries(load_dashboard())
            if query.where.startswith("panel")
        ]
        self.assertGreater(len(queries), 30)
        one = [{"labels": "{}", "value": 1}]
        test = {
            "evaluation_interval": "15s",
            "tests": [
                {
                    "interval": "15s",
                    "input_series": list(self.input_series()),
                    "promql_expr_test": [
                        {"expr": f"count({query.expression}) > bool 0", "eval_time": "10m", "exp_samples": one}
                        for query in queries
                    ],
                }
            ],
        }
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "queries.yml")
            with open(path, "w", encoding="utf-8") as file:
                yaml.safe_dump(test, file)
            result = support.run(support.tool("promtool"), "test", "rules", path)
        self.assertEqual(result.returncode, 0, result.stdout)


if __name__ == "__main__":
    unittest.main()
