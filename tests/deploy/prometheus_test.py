# SPDX-License-Identifier: Apache-2.0
"""Prometheus's configuration and alerts, judged by promtool."""

import unittest

import support

FOLDER = support.DEPLOY / "prometheus"
PROMTOOL = support.tool("promtool")


class ConfigTest(unittest.TestCase):
    def setUp(self):
        self.config = support.load_yaml(FOLDER / "prometheus.yml")
        self.alerts = [rule for group in support.load_yaml(FOLDER / "alerts.yml")["groups"] for rule in group["rules"]]

    @support.needs("promtool")
    def test_promtool_accepts_configuration_and_rules(self):
        result = support.run(PROMTOOL, "check", "config", "--lint=all", "--lint-fatal", FOLDER / "prometheus.yml")
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("rules found", result.stdout)

    @support.needs("promtool")
    def test_each_alert_fires_when_it_should(self):
        result = support.run(PROMTOOL, "test", "rules", support.SOURCE / "tests/deploy/alerts_test.yml")
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_each_alert_is_tested(self):
        tests = support.load_yaml(support.SOURCE / "tests/deploy/alerts_test.yml")["tests"]
        cases = [case for test in tests for case in test.get("alert_rule_test", [])]
        fired = {case["alertname"] for case in cases if case["exp_alerts"]}
        quiet = {case["alertname"] for case in cases if not case["exp_alerts"]}
        names = {alert["alert"] for alert in self.alerts}
        self.assertEqual(fired, names)
        self.assertLessEqual(quiet, names)

    def test_each_alert_has_a_severity_and_a_section_of_the_manual(self):
        manual = (support.SOURCE / "docs/operations.md").read_text(encoding="utf-8")
        for alert in self.alerts:
            with self.subTest(alert["alert"]):
                self.assertIn(alert["labels"]["severity"], ("critical", "warning"))
                self.assertEqual(alert["annotations"]["runbook"], f"docs/operations.md#{alert['alert'].lower()}")
                self.assertIn(f"\n#### {alert['alert']}\n", manual)

    def test_scrapes_the_metrics_port_of_the_service(self):
        port = support.server_config()["metrics"].rsplit(":", 1)[1]
        jobs = {job["job_name"]: job for job in self.config["scrape_configs"]}
        self.assertEqual(jobs["facet"]["static_configs"], [{"targets": [f"facetd:{port}"]}])

    def test_grafana_knows_the_scrape_interval(self):
        path = support.DEPLOY / "grafana/provisioning/datasources/prometheus.yaml"
        source = support.load_yaml(path)["datasources"][0]
        self.assertEqual(source["jsonData"]["timeInterval"], self.config["global"]["scrape_interval"])


if __name__ == "__main__":
    unittest.main()
