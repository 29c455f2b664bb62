# SPDX-License-Identifier: Apache-2.0
"""Reads Prometheus's text format."""

import re

_SAMPLE = re.compile(r"^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'([A-Za-z_]\w*)="((?:\\.|[^"\\])*)",?')


class Sample:
    """One series with its value; `family` is the name under # TYPE."""

    def __init__(self, name, labels, value, family, kind):
        self.name = name
        self.labels = labels
        self.value = value
        self.family = family
        self.kind = kind


def parse(text):
    """The samples of an exposition, in order. ValueError names the line that is none."""
    samples = []
    family, kind = "", "untyped"
    for number, line in enumerate(text.splitlines(), start=1):
        if line.startswith("# TYPE "):
            _, _, family, kind = line.split()
        elif line and not line.startswith("#"):
            match = _SAMPLE.match(line)
            if not match:
                raise ValueError(f"line {number} is no sample: {line}")
            name, labels, value = match.groups()
            samples.append(Sample(name, dict(_LABEL.findall(labels or "")), float(value), family, kind))
    return samples


def as_scraped(samples, instance="facetd:8471", job="facet"):
    """The series as they lie in Prometheus: with the target's labels, and with
    a training job under `training_job` (metric_relabel_configs of prometheus.yml)."""
    scraped = []
    for sample in samples:
        labels = {("training_job" if label == "job" else label): value for label, value in sample.labels.items()}
        labels.update(instance=instance, job=job)
        scraped.append(Sample(sample.name, labels, sample.value, sample.family, sample.kind))
    return scraped
