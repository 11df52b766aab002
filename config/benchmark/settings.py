"""The shop's own settings, one address more (a view that does nothing, to compare with), and delays."""

import os

from config.settings import *  # noqa: F403
from config.settings import DATABASES
from orders.benchmark.wire import ENGINE, SETTING, Delays, Wire

_DELAYS = Delays(
    packet=float(os.environ.get("BENCHMARK_PACKET_DELAY", "0")),
    commit=float(os.environ.get("BENCHMARK_COMMIT_DELAY", "0")),
)
if _DELAYS.packet or _DELAYS.commit:
    DATABASES["default"] |= {"ENGINE": ENGINE, SETTING: Wire(_DELAYS)}
ROOT_URLCONF = "config.benchmark.urls"
