"""What waits for a person, for /metrics: each is also a row of the admin that says why."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from orders.selectors import count_left_steps, count_parked_messages
from orders.states import StepState


def collect_waiting() -> Iterator[Metric]:
    """Yield how many steps and messages are left to staff. A step's states are always there, also at 0."""
    steps = GaugeMetricFamily(
        "shop_steps_left_to_staff",
        "Steps after payment that could not be done (failed) or not be undone (stuck).",
        labels=["state"],
    )
    left = count_left_steps()
    for state in (StepState.FAILED, StepState.STUCK):
        steps.add_metric([state.value], left.get(state, 0))
    messages = GaugeMetricFamily(
        "shop_messages_parked", "Outbox messages nobody could deliver.", labels=["topic"]
    )
    for topic, count in count_parked_messages().items():
        messages.add_metric([topic], count)
    yield steps
    yield messages
