# SPDX-License-Identifier: Apache-2.0
"""docker/Dockerfile and what goes into its build."""

import fnmatch
import re
import unittest

import support

DOCKERFILE = support.SOURCE / "docker/Dockerfile"


def instructions():
    """(stage, instruction, rest) of each, continuation lines joined, comments left out."""
    text = re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"))
    stage = ""
    for line in re.sub(r"\\\n\s*", " ", text).splitlines():
        if line.strip():
            word, rest = line.split(None, 1)
            if word == "FROM":
                stage = rest.split()[-1]
            yield stage, word, rest


def ignored(path):
    """Whether .dockerignore keeps a path (of the patterns that it uses) out of the build."""
    parts = path.split("/")
    prefixes = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    for pattern in (support.SOURCE / ".dockerignore").read_text(encoding="utf-8").splitlines():
        if not pattern or pattern.startswith("#"):
            continue
        if pattern.startswith("**/"):
            if pattern[3:] in parts:
                return True
        elif any(fnmatch.fnmatch(prefix, pattern) and prefix.count("/") == pattern.count("/") for prefix in prefixes):
            return True
    return False


class DockerfileTest(unittest.TestCase):
    def setUp(self):
        self.instructions = list(instructions())

    def rest_of(self, word, stage="runtime"):
        return [rest for where, what, rest in self.instructions if what == word and where == stage]

    def test_hadolint_finds_nothing(self):
        hadolint = support.tool("hadolint")
        self.assertIsNotNone(hadolint, "run scripts/setup: hadolint is not installed")
        result = support.run(hadolint, "--failure-threshold", "info", "--no-color", DOCKERFILE)
        self.assertEqual((result.returncode, result.stdout), (0, ""))

    def test_installs_what_the_build_needs_and_not_what_tests_need(self):
        build, test = (
            [line for line in (support.SOURCE / "scripts" / name).read_text(encoding="utf-8").splitlines() if line[0] != "#"]
            for name in ("packages.txt", "packages-test.txt")
        )
        self.assertEqual(build, sorted(set(build) - set(test)))
        self.assertEqual(test, sorted(set(test)))
        # Installed, it would start a server on the port of Compose's.
        self.assertNotIn("prometheus", build + test)
        installs = " ".join(self.rest_of("RUN", "build"))
        self.assertIn("scripts/packages.txt", installs)
        self.assertNotIn("packages-test.txt", installs)

    def test_both_stages_stand_on_the_same_base(self):
        stages = [rest for _, word, rest in self.instructions if word == "FROM"]
        self.assertEqual(stages, ["${BASE_IMAGE} AS build", "${BASE_IMAGE} AS runtime"])

    def test_runs_as_an_ordinary_user_with_a_number(self):
        self.assertRegex(self.rest_of("USER")[-1], r"^[1-9]\d*:[1-9]\d*$")

    def test_agrees_with_the_configuration(self):
        config = support.server_config()
        ports = [config[address].rsplit(":", 1)[1] for address in ("listen", "metrics")]
        self.assertEqual(self.rest_of("EXPOSE"), [" ".join(ports)])
        self.assertEqual(self.rest_of("VOLUME"), [f'["{config["state_dir"]}"]'])
        self.assertEqual(self.rest_of("STOPSIGNAL"), ["SIGTERM"])
        environment = " ".join(self.rest_of("ENV"))
        self.assertIn(f"FACET_SERVER=127.0.0.1:{ports[0]}", environment)

    def test_asks_for_its_own_health(self):
        self.assertTrue(self.rest_of("HEALTHCHECK")[0].endswith('CMD ["facet", "status", "--health"]'))

    def test_starts_the_server_without_a_shell(self):
        self.assertEqual(self.rest_of("ENTRYPOINT"), ['["facetd"]'])
        command = self.rest_of("CMD")[0]
        copied = [rest.split()[-1] for rest in self.rest_of("COPY")]
        self.assertIn(re.search(r'"--config", "([^"]+)"', command).group(1), copied)

    def test_what_is_copied_exists_and_is_not_ignored(self):
        for _, word, rest in self.instructions:
            if word != "COPY" or rest.startswith("--from"):
                continue
            for source in rest.split()[:-1]:
                self.assertTrue((support.SOURCE / source).exists(), source)
                self.assertFalse(ignored(source), source)

    def test_what_is_built_is_not_ignored(self):
        project = (support.SOURCE / "CMakeLists.txt").read_text(encoding="utf-8")
        folders = set(re.findall(r"add_subdirectory\((\w+)\)", project)) - {"tests"}
        self.assertGreater(len(folders), 3)
        for path in folders | {"CMakeLists.txt", "CMakePresets.json", "cmake", "data", "scripts", "docker/collect_runtime"}:
            self.assertFalse(ignored(path), path)

    def test_builds_and_secrets_of_the_machine_stay_out(self):
        for path in (".git/config", "build/release/bin/facetd", ".venv/bin/python", "facet-state/facet.db", "README.md"):
            self.assertTrue(ignored(path), path)


if __name__ == "__main__":
    unittest.main()
