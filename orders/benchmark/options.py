"""The options of the benchmark's command, and the plan they make."""

import os
from typing import Any, Final

from django.core.management.base import CommandError, CommandParser

from inventory.selectors import list_strategies
from orders.benchmark.contenders import REFERENCES
from orders.benchmark.durability import AS_IS, PROFILES
from orders.benchmark.levels import SERVICE, get_level, list_levels
from orders.benchmark.plan import Plan
from orders.benchmark.wire import Delays
from orders.benchmark.workloads import list_workloads

_ALL: Final = "all"
# What a report repeats of them, so that it can be run again.
REPORTED: Final = (
    "level",
    *("seconds", "warm_up", "repeats", "processes", "network_delay", "commit_delay", "durability"),
    *("busy_scale", "stock", "history"),
)


def add_options(parser: CommandParser) -> None:
    """Declare them."""
    _add_contest(parser)
    _add_conditions(parser)
    _add_delays(parser)
    parser.add_argument("--json", metavar="FILE", help="write the report as JSON; - prints it")
    parser.add_argument("--html", metavar="FILE", help="write the report as one HTML page with plots")


def _add_contest(parser: CommandParser) -> None:
    workloads = [*list_workloads(sellout_units=1), _ALL]
    strategies = [name for name, _label in list_strategies()] + [_ALL]
    add = parser.add_argument
    add(
        "--workload", default="hot", help=f"what is bought, separated by commas: {', '.join(workloads)} (hot)"
    )
    add(
        "--strategy",
        default=_ALL,
        help=f"which strategies, separated by commas: {', '.join(strategies)} (all)",
    )
    add(
        "--level",
        choices=list_levels(),
        default=SERVICE,
        help="where the shop is entered; the references stay what they are (service)",
    )
    add("--clients", default="1,8,32", help="how many buyers at once, separated by commas (1,8,32)")
    add(
        "--processes",
        type=int,
        default=os.cpu_count() or 2,
        help="spread buyers over at most so many processes (one for each CPU, as the shop itself runs)",
    )
    add("--seconds", type=float, default=5.0, help="measured time of each run (5)")
    add("--warm-up", type=float, default=1.0, help="seconds before it that do not count (1)")
    add("--repeats", type=int, default=3, help="runs of each contender, taken in turns (3)")
    add("--stock", type=int, default=1000, help="units at the start of a sellout (1000)")


def _add_conditions(parser: CommandParser) -> None:
    add = parser.add_argument
    add(
        "--durability",
        choices=PROFILES,
        default=AS_IS,
        help="strict: flush log and binary log at every commit; relaxed: once a second; put back afterwards"
        " (as-is)",
    )
    add(
        "--history",
        type=int,
        default=0,
        metavar="N",
        help="measure in an empty database and, in turns, in one with N past orders and their ledger",
    )
    add(
        "--busy-scale",
        type=float,
        default=1.0,
        metavar="F",
        help="a client that finds the shop busy comes back after F times the Retry-After, give or take half"
        " (1)",
    )


def _add_delays(parser: CommandParser) -> None:
    add = parser.add_argument
    add(
        "--network-delay",
        type=float,
        default=0.0,
        metavar="MS",
        help="wait so long before each packet to the database, as on a network with this round-trip time (0)",
    )
    add(
        "--commit-delay",
        type=float,
        default=0.0,
        metavar="MS",
        help="wait so long before each COMMIT, as for a slow disk or replicas that must confirm (0)",
    )


def make_plan(options: dict[str, Any]) -> Plan:
    """Return what the options ask for. Raises CommandError."""
    if min(options["processes"], options["repeats"], options["stock"]) < 1 or options["seconds"] <= 0:
        raise CommandError("--processes, --repeats, --stock and --seconds must be positive")
    for name in ("warm_up", "network_delay", "commit_delay", "busy_scale", "history"):
        if options[name] < 0:
            raise CommandError(f"--{name.replace('_', '-')} cannot be negative")
    workloads = list_workloads(sellout_units=options["stock"])
    level = get_level(options["level"])
    possible = [name for name, workload in workloads.items() if workload.way in level.ways]
    strategies = [name for name, _label in list_strategies()]
    return Plan(
        workloads=tuple(workloads[name] for name in _pick("--workload", options["workload"], possible)),
        contenders=(*REFERENCES, *level.references, *_pick("--strategy", options["strategy"], strategies)),
        clients=_parse_clients(options["clients"]),
        seconds=options["seconds"],
        warm_up=options["warm_up"],
        repeats=options["repeats"],
        processes=options["processes"],
        delays=Delays(packet=options["network_delay"] / 1000, commit=options["commit_delay"] / 1000),
        busy_scale=options["busy_scale"],
        level=level.name,
        history=options["history"],
    )


def _pick(option: str, text: str, known: list[str]) -> list[str]:
    names = list(dict.fromkeys(name.strip() for name in text.split(",")))
    if _ALL in names:
        return known
    if unknown := [name for name in names if name not in known]:
        raise CommandError(f"{option}: no {', '.join(unknown)}; there are {', '.join([*known, _ALL])}")
    return names


def _parse_clients(text: str) -> tuple[int, ...]:
    try:
        clients = tuple(dict.fromkeys(int(part) for part in text.split(",")))
    except ValueError:
        raise CommandError(f"--clients takes numbers separated by commas, not {text!r}") from None
    if min(clients) < 1:
        raise CommandError("--clients must be at least 1")
    return clients
