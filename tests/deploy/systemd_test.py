# SPDX-License-Identifier: Apache-2.0
"""deploy/facetd.service."""

import pathlib
import re
import tempfile
import unittest

import support

UNIT = support.DEPLOY / "facetd.service"
ANALYZE = support.tool("systemd-analyze")


class SystemdTest(unittest.TestCase):
    def setUp(self):
        self.text = UNIT.read_text(encoding="utf-8")

    def value_of(self, key):
        return re.search(rf"(?m)^{key}=(.*)$", re.sub(r"\\\n\s*", "", self.text)).group(1)

    @unittest.skipUnless(ANALYZE, "systemd-analyze is not installed")
    def test_systemd_accepts_it(self):
        # With a program and a user that every machine has.
        text = self.text.replace("/usr/local/bin/facetd", "/bin/true").replace("=facet\n", "=root\n")
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "facetd.service"
            path.write_text(text, encoding="utf-8")
            result = support.run(ANALYZE, "verify", "--man=no", path)
            path.write_text(text.replace("Restart=", "Restrat="), encoding="utf-8")
            misspelt = support.run(ANALYZE, "verify", "--man=no", path)
        complaints = [line for line in result.stdout.splitlines() if "facetd.service" in line]
        self.assertEqual((result.returncode, complaints), (0, []))
        self.assertIn("Restrat", misspelt.stdout)

    def test_a_shutdown_ends_before_the_kill(self):
        self.assertGreater(support.seconds(self.value_of("TimeoutStopSec")), support.shutdown_seconds())

    def test_listens_on_loopback_only(self):
        command = self.value_of("ExecStart")
        for flag in ("--listen", "--metrics"):
            self.assertRegex(command, rf"{flag} 127\.0\.0\.1:\d+")
        for address in re.findall(r"--(?:listen|metrics) (\S+)", command):
            self.assertRegex(address, r"^(127\.0\.0\.1:|unix:)")

    def test_may_make_its_socket(self):
        socket = re.search(r"--listen unix:(\S+)/", self.value_of("ExecStart")).group(1)
        self.assertEqual(socket, f"/run/{self.value_of('RuntimeDirectory')}")
        self.assertEqual(self.value_of("RuntimeDirectoryMode"), "0750")

    def test_may_write_its_state_folder(self):
        self.assertIn(f"--state /var/lib/{self.value_of('StateDirectory')}", self.value_of("ExecStart"))


if __name__ == "__main__":
    unittest.main()
