# SPDX-License-Identifier: Apache-2.0
"""What every connection is opened with."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from conftest import SOURCE

from facet_client import _channel


def test_a_silent_server_is_given_up_as_soon_as_by_the_library_for_cpp() -> None:
    text = (SOURCE / "client/src/channel.cc").read_text()
    options = dict(_channel._options(1))
    for name in ("KEEPALIVE_TIME_MS", "KEEPALIVE_TIMEOUT_MS"):
        value = re.search(rf"GRPC_ARG_{name}, ([\d']+)\)", text)
        assert value, name
        assert options[f"grpc.{name.lower()}"] == int(value[1].replace("'", ""))


CALL = """
channel = grpc.insecure_channel('unix:/none')
try: channel.unary_unary('/a/b')(b'')
except grpc.RpcError: pass
"""


@pytest.mark.parametrize(("code", "expected"), [("", False), (CALL, True)], ids=["none", "another"])
def test_channels_of_others_are_noticed_when_forking(code: str, expected: bool) -> None:
    program = (
        f"import grpc, os\nfrom facet_client import _channel\n{code}\n"
        "if os.fork() == 0: os._exit(_channel.forked_from_user())\n"
        "print(os.waitstatus_to_exitcode(os.wait()[1]), _channel.forked_from_user())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == f"{int(expected)} False\n"
