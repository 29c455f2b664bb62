# SPDX-License-Identifier: Apache-2.0
"""deploy/kubernetes/facet.yaml against Kubernetes' own schemas."""

import unittest

import kubernetes_validate
import support
import yaml

MANIFEST = support.DEPLOY / "kubernetes/facet.yaml"
# The oldest that it should work with has gRPC probes and ReadWriteOncePod.
VERSIONS = ("1.29", "1.37")


class KubernetesTest(unittest.TestCase):
    def setUp(self):
        self.objects = {
            document["kind"]: document for document in yaml.safe_load_all(MANIFEST.read_text(encoding="utf-8"))
        }
        self.pod = self.objects["Deployment"]["spec"]["template"]
        self.container = self.pod["spec"]["containers"][0]
        self.config = support.server_config()

    def test_follows_the_schemas(self):
        for version in VERSIONS:
            for kind, document in self.objects.items():
                with self.subTest(f"{kind} {version}"):
                    kubernetes_validate.validate(document, version, strict=True)

    def test_the_schemas_find_fault(self):
        self.pod["spec"]["terminationGracePeriod"] = 60
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(self.objects["Deployment"], VERSIONS[-1], strict=True)

    def test_a_shutdown_ends_before_the_kill(self):
        self.assertGreater(self.pod["spec"]["terminationGracePeriodSeconds"], support.shutdown_seconds())

    def test_probes_and_ports_are_those_of_the_configuration(self):
        listen, metrics = (int(self.config[key].rsplit(":", 1)[1]) for key in ("listen", "metrics"))
        ports = {port["name"]: port["containerPort"] for port in self.container["ports"]}
        self.assertEqual(ports, {"grpc": listen, "metrics": metrics})
        self.assertEqual(self.container["readinessProbe"]["grpc"]["port"], listen)
        self.assertEqual(self.container["startupProbe"]["grpc"]["port"], listen)
        self.assertEqual(self.pod["metadata"]["annotations"]["prometheus.io/port"], str(metrics))
        for port in self.objects["Service"]["spec"]["ports"]:
            self.assertEqual(port["port"], ports[port["targetPort"]])

    def test_the_state_has_one_writer_and_its_place(self):
        deployment = self.objects["Deployment"]["spec"]
        self.assertEqual((deployment["replicas"], deployment["strategy"]), (1, {"type": "Recreate"}))
        mounts = {mount["name"]: mount["mountPath"] for mount in self.container["volumeMounts"]}
        self.assertEqual(mounts["state"], self.config["state_dir"])

    def test_selects_its_own_pods(self):
        labels = self.pod["metadata"]["labels"]
        self.assertEqual(self.objects["Deployment"]["spec"]["selector"]["matchLabels"], labels)
        self.assertEqual(self.objects["Service"]["spec"]["selector"], labels)
        self.assertEqual(self.objects["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"], labels)

    def test_lets_in_clients_and_prometheus_only_and_nothing_out(self):
        policy = self.objects["NetworkPolicy"]["spec"]
        self.assertEqual((set(policy["policyTypes"]), policy["egress"]), ({"Ingress", "Egress"}, []))
        ports = {port["name"] for port in self.container["ports"]}
        self.assertEqual({port["port"] for rule in policy["ingress"] for port in rule["ports"]}, ports)
        for rule in policy["ingress"]:
            self.assertTrue(rule["from"], "an empty list lets everybody in")

    def test_runs_as_the_user_of_the_image(self):
        dockerfile = (support.SOURCE / "docker/Dockerfile").read_text(encoding="utf-8")
        context = self.pod["spec"]["securityContext"]
        self.assertIn(f"\nUSER {context['runAsUser']}:{context['runAsGroup']}\n", dockerfile)


if __name__ == "__main__":
    unittest.main()
