# SPDX-License-Identifier: Apache-2.0
"""deploy/compose.yaml and its GPU override."""

import copy
import os
import re
import unittest

import jsonschema
import support
from check_jsonschema.builtin_schemas import get_builtin_schema

BASE = support.DEPLOY / "compose.yaml"
GPU = support.DEPLOY / "compose.gpu.yaml"


def merge(base, override):
    """As Compose merges: maps by key; nothing in the override adds to a list of the base."""
    merged = copy.deepcopy(base)
    for key, value in override.items():
        both_maps = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = merge(merged[key], value) if both_maps else value
    return merged


def compose_command():
    """`docker compose` or docker-compose of version 2 or later; neither needs an engine to check files."""
    for command in ([support.tool("docker"), "compose"], [support.tool("docker-compose")]):
        if command[0] and re.search(r"version v?([2-9]|\d\d)\.", support.run(*command, "version").stdout):
            return command
    return None


class ComposeTest(unittest.TestCase):
    def setUp(self):
        self.base = support.load_yaml(BASE)
        self.merged = merge(self.base, support.load_yaml(GPU))
        self.services = self.base["services"]
        self.facetd = self.services["facetd"]

    def test_follows_the_compose_specification(self):
        validator = jsonschema.Draft202012Validator(get_builtin_schema("vendor.compose-spec"))
        for project in (self.base, support.load_yaml(GPU), self.merged):
            self.assertEqual([error.message for error in validator.iter_errors(project)], [])

    def test_the_schema_finds_fault(self):
        self.facetd["health_check"] = {}
        validator = jsonschema.Draft202012Validator(get_builtin_schema("vendor.compose-spec"))
        self.assertFalse(validator.is_valid(self.base))

    @unittest.skipUnless(compose_command(), "Docker Compose is not installed")
    def test_compose_itself_accepts_it(self):
        for files in ([BASE], [BASE, GPU]):
            for environment in ({}, {"FACET_DATASETS": "/data", "FACET_CPUSET": "0-3", "FACET_MEMORY": "4g"}):
                options = [word for file in files for word in ("-f", file)]
                result = support.run(*compose_command(), *options, "config", "--quiet", env={**os.environ, **environment})
                self.assertEqual(result.returncode, 0, result.stdout)
                self.assertEqual(result.stdout, "")

    def test_a_shutdown_ends_before_the_kill(self):
        self.assertGreater(support.seconds(self.facetd["stop_grace_period"]), support.shutdown_seconds())

    def test_nothing_is_published_beyond_loopback(self):
        for name, service in self.services.items():
            for port in service["ports"]:
                self.assertRegex(port, r"^(127\.0\.0\.1|\$\{FACET_(METRICS_)?BIND:-127\.0\.0\.1\}):\d+:\d+$", name)

    def test_metrics_are_published_apart_from_the_service(self):
        ports = {port.rsplit(":", 1)[1]: port.rsplit(":", 2)[0] for port in self.facetd["ports"]}
        config = support.server_config()
        service, metrics = (config[key].rsplit(":", 1)[1] for key in ("listen", "metrics"))
        self.assertNotEqual(ports[service], ports[metrics])

    def test_publishes_the_ports_of_the_configuration(self):
        config = support.server_config()
        ports = {port.rsplit(":", 1)[1] for port in self.facetd["ports"]}
        self.assertEqual(ports, {config["listen"].rsplit(":", 1)[1], config["metrics"].rsplit(":", 1)[1]})

    def test_every_service_is_hardened_limited_and_watched(self):
        for name, service in self.services.items():
            with self.subTest(name):
                self.assertIs(service["read_only"], True)
                self.assertEqual(service["cap_drop"], ["ALL"])
                self.assertIn("no-new-privileges:true", service["security_opt"])
                self.assertIn("memory", service["deploy"]["resources"]["limits"])
                self.assertIn("pids", service["deploy"]["resources"]["limits"])
                self.assertIn("test", service["healthcheck"])
                self.assertEqual(service["restart"], "unless-stopped")

    def test_images_of_others_are_pinned(self):
        for name in ("prometheus", "grafana"):
            self.assertRegex(self.services[name]["image"], r":v?\d+\.\d+\.\d+$")

    def test_what_is_mounted_exists(self):
        for name, service in self.services.items():
            for volume in service["volumes"]:
                source = re.sub(r"\$\{\w+:-(\w+)\}", r"\1", volume).split(":")[0]
                with self.subTest(f"{name}: {source}"):
                    if source.startswith("."):
                        self.assertTrue((support.DEPLOY / source).exists())
                    else:
                        self.assertIn(source, self.base["volumes"])

    def test_the_state_is_kept_where_the_configuration_says(self):
        self.assertIn(f"state:{support.server_config()['state_dir']}", self.facetd["volumes"])

    def test_a_socket_has_a_folder_of_the_users_own(self):
        mount = next(volume for volume in self.facetd["volumes"] if volume.startswith("run:"))
        folder = mount.split(":")[1]
        self.assertNotIn(":ro", mount)
        # A new volume takes its owner from the image.
        dockerfile = (support.SOURCE / "docker/Dockerfile").read_text(encoding="utf-8")
        self.assertRegex(dockerfile, rf"install -d -o facet -g facet .*{folder}\b")
        manual = (support.SOURCE / "docs/operations.md").read_text(encoding="utf-8")
        self.assertIn(f'listen: "unix:{folder}/', manual)

    def test_the_gpu_variant_is_another_image_with_a_device(self):
        facetd = self.merged["services"]["facetd"]
        self.assertNotEqual(facetd["image"], self.facetd["image"])
        dockerfile = (support.SOURCE / "docker/Dockerfile").read_text(encoding="utf-8")
        for argument in facetd["build"]["args"]:
            self.assertIn(f"\nARG {argument}=", dockerfile)
        self.assertEqual(facetd["deploy"]["resources"]["reservations"]["devices"][0]["capabilities"], ["gpu"])
        self.assertEqual(facetd["stop_grace_period"], self.facetd["stop_grace_period"])

    def test_grafana_finds_what_is_provisioned(self):
        mounts = dict(volume.split(":")[1::-1] for volume in self.services["grafana"]["volumes"])
        providers = support.load_yaml(support.DEPLOY / "grafana/provisioning/dashboards/facet.yaml")["providers"]
        folder = providers[0]["options"]["path"]
        self.assertIn(folder, mounts)
        home = self.services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
        self.assertTrue((support.DEPLOY / mounts[folder] / os.path.relpath(home, folder)).exists())
        source = support.load_yaml(support.DEPLOY / "grafana/provisioning/datasources/prometheus.yaml")["datasources"][0]
        host, port = re.fullmatch(r"http://(\w+):(\d+)", source["url"]).groups()
        self.assertIn(host, self.services)
        self.assertIn(f":{port}", self.services[host]["ports"][0])


if __name__ == "__main__":
    unittest.main()
