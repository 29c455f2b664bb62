#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that what the dashboard and the alerts ask Prometheus for is really
exported: every metric, every label.

  check_dashboard.py --metrics FILE|URL|- [--absent-ok REGEX] [--dashboard FILE] [--rules FILE]

FILE is what /metrics of a facetd answered; the environment's FACET_METRICS_FILE
names it, too. A server that has not done a thing yet does not export its
figures: --absent-ok names those that need not be there. Exit code 1: something
is not exported; 2: wrong usage.
"""

import argparse
import difflib
import json
import os
import pathlib
import re
import sys
import urllib.request

import yaml

import exposition
import promql

_DEPLOY = pathlib.Path(__file__).resolve().parents[2] / "deploy"
# What Prometheus makes itself, with labels of its own.
_OF_PROMETHEUS = {"up": {"job", "instance"}, "ALERTS": {"alertname", "alertstate", "severity", "job", "instance"}}


class Query:
    """An expression, where it is, and the labels that its texts (legend, annotations) use."""

    def __init__(self, where, expression, text_labels=()):
        self.where = where
        self.expression = expression
        self.text_labels = set(text_labels)


def replace_variables(expression, interval="1m", value=".*"):
    """Grafana's variables as they would be with everything chosen."""
    expression = re.sub(r"\$__(rate_interval|interval|range)", interval, expression)
    return re.sub(r"\$(\{\w+\}|\w+)", value, expression)


def panels_of(dashboard):
    for panel in dashboard["panels"]:
        yield panel
        yield from panel.get("panels", [])


def dashboard_queries(dashboard):
    for panel in panels_of(dashboard):
        for target in panel.get("targets", []):
            yield Query(
                f"panel '{panel['title']}', query {target['refId']}",
                replace_variables(target["expr"]),
                re.findall(r"\{\{\s*(\w+)\s*\}\}", target.get("legendFormat", "")),
            )
    for annotation in dashboard["annotations"]["list"]:
        if "expr" in annotation:
            yield Query(f"annotation '{annotation['name']}'", replace_variables(annotation["expr"]))
    for variable in dashboard["templating"]["list"]:
        match = re.fullmatch(r"label_values\((.+), *(\w+)\)", variable.get("definition", ""))
        if match:
            yield Query(f"variable '{variable['name']}'", match.group(1), [match.group(2)])


def rule_queries(rules):
    for group in rules["groups"]:
        for rule in group["rules"]:
            texts = " ".join(rule.get("annotations", {}).values())
            name = rule.get("alert") or rule.get("record")
            yield Query(f"alert '{name}'", rule["expr"], re.findall(r"\$labels\.(\w+)", texts))


def exported_labels(samples):
    """Labels by metric."""
    labels = dict(_OF_PROMETHEUS)
    for sample in samples:
        labels[sample.name] = labels.get(sample.name, set()) | set(sample.labels)
    return labels


def check_query(query, labels, absent_ok):
    """What is wrong with one query, in sentences."""
    names = promql.names(query.expression)
    if not names.selectors:
        return [f"{query.where}: names no metric: {query.expression}"]
    problems = []
    available = set()
    for metric, matched in names.selectors:
        if metric not in labels:
            if absent_ok and re.fullmatch(absent_ok, metric):
                return problems
            near = difflib.get_close_matches(metric, labels, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            problems.append(f"{query.where}: {metric} is not exported{hint}")
            continue
        available |= labels[metric]
        for label in sorted(matched - labels[metric]):
            problems.append(f"{query.where}: {metric} has no label '{label}', only {sorted(labels[metric])}")
    if problems:
        return problems
    for label in sorted(names.grouping - available):
        problems.append(f"{query.where}: groups by '{label}', which no metric in it has")
    # Grouping leaves no other label.
    left = names.grouping or available
    for label in sorted(query.text_labels - left):
        problems.append(f"{query.where}: its text uses '{label}', which the result does not have")
    return problems


def check(queries, samples, absent_ok=None):
    labels = exported_labels(exposition.as_scraped(samples))
    return [problem for query in queries for problem in check_query(query, labels, absent_ok)]


def read_metrics(source):
    if source == "-":
        return sys.stdin.read()
    if source.startswith(("http://", "https://")):
        with urllib.request.urlopen(source, timeout=10) as answer:
            return answer.read().decode()
    return pathlib.Path(source).read_text(encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--metrics", default=os.environ.get("FACET_METRICS_FILE"), help="file, URL, or - for stdin")
    parser.add_argument("--absent-ok", metavar="REGEX", help="metrics that need not be there")
    parser.add_argument("--dashboard", default=_DEPLOY / "grafana/dashboards/facet.json", type=pathlib.Path)
    parser.add_argument("--rules", default=_DEPLOY / "prometheus/alerts.yml", type=pathlib.Path)
    options = parser.parse_args()
    if not options.metrics:
        parser.error("name the metrics by --metrics or FACET_METRICS_FILE")

    samples = exposition.parse(read_metrics(options.metrics))
    if not samples:
        sys.exit(f"check_dashboard: there is no metric in {options.metrics}")
    queries = list(dashboard_queries(json.loads(options.dashboard.read_text(encoding="utf-8"))))
    queries += rule_queries(yaml.safe_load(options.rules.read_text(encoding="utf-8")))
    problems = check(queries, samples, options.absent_ok)
    for problem in problems:
        print(f"check_dashboard: {problem}", file=sys.stderr)
    if problems:
        sys.exit(1)
    print(f"{len(queries)} queries ask for nothing that is not exported")


if __name__ == "__main__":
    main()
