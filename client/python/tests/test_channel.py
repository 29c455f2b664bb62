# SPDX-License-Identifier: Apache-2.0
"""What every connection is opened with."""

from __future__ import annotations

import re

from conftest import SOURCE

from facet_client import _channel


def test_a_silent_server_is_given_up_as_soon_as_by_the_library_for_cpp() -> None:
    text = (SOURCE / "client/src/channel.cc").read_text()
    options = dict(_channel._options(1))
    for name in ("KEEPALIVE_TIME_MS", "KEEPALIVE_TIMEOUT_MS"):
        value = re.search(rf"GRPC_ARG_{name}, ([\d']+)\)", text)
        assert value, name
        assert options[f"grpc.{name.lower()}"] == int(value[1].replace("'", ""))
