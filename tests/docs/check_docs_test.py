# SPDX-License-Identifier: Apache-2.0
"""scripts/check_docs on small trees: silent where all agree, and one complaint for each thing that does not."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(os.environ["FACET_SOURCE_DIR"], "scripts", "check_docs")

# A tree in which documents and code agree.
AGREEING = {
    "README.md": "# Facet\n[errors](docs/errors.md#all-reasons) ![](p.png) [web](https://a.b) `[no](link)`\n\n```\n[no](link)\n```\n",
    "p.png": "",
    "docs/errors.md": "## All `reasons`\n\n| reason | code |\n|---|---|\n| `DISK_FULL` | x |\n| `REQUIRED` | x |\n\n"
                      "| reason of a failed job | x |\n|---|---|\n| `HUNG` | x |\n",
    "docs/metrics.md": "| name | type |\n|---|---|\n| `facet_ready` | gauge |\n\n| other | x |\n|---|---|\n| `free` | x |\n",
    "docs/configuration.md": "| flag | x |\n|---|---|\n| `--config` FILE | x |\n| `--help` | x |\n| `--version` | x |\n\n"
                             "| field | x |\n|---|---|\n| `listen` | x |\n| `limits.max_calls` | x |\n",
    "docs/cli.md": "# CLI\n\n## `facet models`\n\n| subcommand | x |\n|---|---|\n| `show` NAME | x |\n\n"
                   "| option | x |\n|---|---|\n| `--report` FILE | x |\n\n## Elsewhere\n\n| option | x |\n|---|---|\n| `--free` | x |\n",
    "base/file.cc": '#include "base/error.h"\n#include "x"\nWithReason(status, "DISK_FULL"); Get("CUBLAS_STATUS");\n'
                    'return InvalidField("root", "REQUIRED", "is not set");\n',
    "server/core/jobs/trainer_outcome.cc": 'Make(traces, END_HUNG, "HUNG", "it said nothing");\n',
    "client/cli/main.cc": 'getenv("FACET_SERVER");\n',
    "client/cli/models_command.cc": 'add("show", "x"); show->add_option("--report", x);\n',
    "server/core/metrics/metrics.cc": 'OneGauge("facet_ready", "1 while it takes work.")\n',
    "server/main/command_line.cc": 'app.add_option("--config", x)\napp.set_version_flag("--version", x)\n',
    "proto/facet/internal/config.proto": "message ServerConfig {\n  repeated string listen = 1;\n  // x\n  LimitsConfig limits = 2;\n}\n"
                                         "message LimitsConfig {\n  int32 max_calls = 1;\n}\n",
    "build/generated.md": "[nowhere](nothing.md)\n",
    "ARCHITECTURE.md": "# Map\n\n```\na -> b\n```\n\n```\nbase/          files\nclient/        x\n  cli/           commands\n"
                       "server/, proto/  x\n```\n",
    "CMakeLists.txt": "project(facet VERSION 1.2.3 LANGUAGES CXX)\n",
    "docker/Dockerfile": "ARG VERSION=1.2.3\n",
    "CHANGELOG.md": "## [Unreleased] 1.2.3\n",
    "tests/base/CMakeLists.txt": "foreach(stem file time)\n  facet_test(base_${stem}_test SRCS ${stem}_test.cc)\nendforeach()\n"
                                 "add_test(NAME format_test COMMAND x)\n",
    "tests/base/file_test.cc": "",
    "CONTRIBUTING.md": "`format_test`, `file_test`, `base_time_test`\n\n```\nctest -R '^base_file_test$'\n```\n",
}


def check(changes=None):
    """Exit code and lines on standard error for the agreeing tree with `changes` (None removes a file)."""
    tree = {**AGREEING, **(changes or {})}
    with tempfile.TemporaryDirectory() as folder:
        for name, text in tree.items():
            if text is None:
                continue
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        done = subprocess.run([sys.executable, "-B", SCRIPT, "--root", folder], capture_output=True, text=True)
    return done.returncode, done.stderr.splitlines()[:-1]


def with_text(name, old, new):
    assert old in AGREEING[name]
    return {name: AGREEING[name].replace(old, new)}


class CheckDocsTest(unittest.TestCase):
    def assert_complains(self, changes, *complaints):
        self.assertEqual(check(changes), (1, list(complaints)))

    def test_is_silent_where_all_agree(self):
        self.assertEqual(check(), (0, []))

    def test_names_line_of_link_that_leads_nowhere(self):
        self.assert_complains({"p.png": None}, "README.md:2: link to 'p.png' leads nowhere")

    def test_names_missing_heading(self):
        self.assert_complains(with_text("README.md", "#all-reasons", "#none"),
                              "README.md:2: there is no heading '#none' in errors.md")

    def test_misses_metric_of_the_code(self):
        self.assert_complains({"server/core/metrics/more.cc": '"facet_new_total"'},
                              "docs/metrics.md: metric 'facet_new_total' of server/core/metrics is not here")

    def test_finds_metric_that_is_gone(self):
        self.assert_complains(with_text("docs/metrics.md", "gauge |\n", "gauge |\n| `facet_old` | gauge |\n"),
                              "docs/metrics.md:4: metric 'facet_old' is not in server/core/metrics")

    def test_misses_reason_of_the_code(self):
        self.assert_complains({"model/a.h": '#include "base/error.h"\n"NEW_REASON"'},
                              "docs/errors.md: reason 'NEW_REASON' of the code is not here")

    def test_finds_reason_that_is_gone(self):
        self.assert_complains(with_text("base/file.cc", "DISK_FULL", "NO_ROOM"),
                              "docs/errors.md: reason 'NO_ROOM' of the code is not here",
                              "docs/errors.md:5: reason 'DISK_FULL' is not in the code")

    def test_compares_reasons_of_failed_jobs(self):
        self.assert_complains(
            with_text("server/core/jobs/trainer_outcome.cc", '"HUNG"', '"NO_RESULT"'),
            "docs/errors.md: reason of a failed job 'NO_RESULT' of server/core/jobs/trainer_outcome.cc is not here",
            "docs/errors.md:10: reason of a failed job 'HUNG' is not in server/core/jobs/trainer_outcome.cc")

    def test_misses_field_and_flag(self):
        self.assert_complains(
            {**with_text("proto/facet/internal/config.proto", "max_calls = 1;", "max_calls = 1;\n  int32 max_new = 2;"),
             **with_text("server/main/command_line.cc", "--version", "--new")},
            "docs/configuration.md: field 'limits.max_new' of proto/facet/internal/config.proto is not here",
            "docs/configuration.md: flag '--new' of server/main/command_line.cc is not here",
            "docs/configuration.md:5: flag '--version' is not in server/main/command_line.cc")

    def test_misses_command(self):
        self.assert_complains({"client/cli/new_command.cc": ""}, "docs/cli.md: command 'new' of client/cli is not here")

    def test_misses_option_and_subcommand(self):
        self.assert_complains(
            {"client/cli/models_command.cc": 'parent->add_subcommand("load", "x")->add_flag("--now", x);\n'},
            "docs/cli.md: option of facet models '--now' of client/cli/models_command.cc is not here",
            "docs/cli.md:11: option of facet models '--report' is not in client/cli/models_command.cc",
            "docs/cli.md: subcommand of facet models 'load' of client/cli/models_command.cc is not here",
            "docs/cli.md:7: subcommand of facet models 'show' is not in client/cli/models_command.cc")

    def test_misses_folder_beside_those_of_the_map(self):
        self.assert_complains({"client/new/file.cc": ""}, "ARCHITECTURE.md:9: folder 'client/new' is not in the map")

    def test_finds_folder_that_is_gone(self):
        self.assert_complains(with_text("ARCHITECTURE.md", "server/, proto/", "server/, gone/"),
                              "ARCHITECTURE.md:11: there is no folder 'gone'")

    def test_finds_test_that_ctest_does_not_know(self):
        self.assert_complains(with_text("CONTRIBUTING.md", "'^base_file_test$'", "'^file_test$'"),
                              "CONTRIBUTING.md:4: ctest knows no test 'file_test'")

    def test_finds_test_that_is_gone(self):
        self.assert_complains(with_text("CONTRIBUTING.md", "`format_test`", "`gone_test`"),
                              "CONTRIBUTING.md:1: there is no test 'gone_test'")

    def test_finds_another_version(self):
        self.assert_complains(with_text("docker/Dockerfile", "1.2.3", "1.2.4"),
                              "docker/Dockerfile: has version 1.2.4, CMakeLists.txt has 1.2.3")

    def test_knows_the_version_of_a_release_in_the_change_log(self):
        self.assertEqual(check({"CHANGELOG.md": "## [1.2.3] - 2026-01-31\n"}), (0, []))
        self.assert_complains({"CHANGELOG.md": "## [1.2.2] - 2026-01-31\n"},
                              "CHANGELOG.md: has version 1.2.2, CMakeLists.txt has 1.2.3")

    def test_finds_long_line_but_not_of_a_table_code_or_link(self):
        words = "word " * 24  # 120 columns with the space at the end
        self.assert_complains({"a.md": f"{words}x\n"}, "a.md:1: has 121 columns, more than 120")
        self.assertEqual(check({"a.md": f"{words[:-1]}\n\n| {words}x |\n\n```\n{words}x\n```\n\n"
                                        f"[web](https://{'a' * 120})\n"}), (0, []))


if __name__ == "__main__":
    unittest.main()
