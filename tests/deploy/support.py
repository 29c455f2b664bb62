# SPDX-License-Identifier: Apache-2.0
"""What the tests of docker/ and deploy/ share: where things are, and tools."""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import unittest

import yaml

SOURCE = pathlib.Path(os.environ.get("FACET_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
DEPLOY = SOURCE / "deploy"


def tool(name):
    """Path of a program, of this Python's environment first; None if there is none."""
    beside = pathlib.Path(sys.executable).parent / name
    return str(beside) if beside.exists() else shutil.which(name)


def needs(name):
    """Decorates tests that need a program which scripts/setup installs: without it they are
    skipped, or fail where FACET_TESTS_MUST_RUN is set."""
    if tool(name) or not os.environ.get("FACET_TESTS_MUST_RUN"):
        return unittest.skipUnless(tool(name), f"{name} is not installed")

    def fail(_):
        def test(self):
            self.fail(f"{name} is not installed, and FACET_TESTS_MUST_RUN is set")

        return test

    return fail


def run(*command, **options):
    """Runs a command; what it printed is in .stdout, errors too."""
    return subprocess.run(
        [str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        **options
    )


def load_yaml(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def server_config():
    """The scalar fields of deploy/facet.textproto by name, as text; C++ tests parse it in full."""
    text = (DEPLOY / "facet.textproto").read_text(encoding="utf-8")
    return dict(re.findall(r'^\s*(\w+):\s*"?([^"\n]*)"?', text, re.MULTILINE))


def shutdown_seconds():
    """The longest that a shutdown takes: calls in flight end while trainers save, and
    what is left is killed."""
    killing = 10
    return int(server_config()["drain_seconds"]) + killing


def seconds(text):
    """A duration of Compose or systemd: '60s', '1m30s', '60'."""
    parts = re.findall(r"(\d+)([smh]?)", str(text))
    return sum(int(number) * {"": 1, "s": 1, "m": 60, "h": 3600}[unit] for number, unit in parts)
