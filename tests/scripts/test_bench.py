"""`make bench` says where its report is."""

from pathlib import Path

from scripts.bench import REPORT, choose_report


def test_the_report_goes_below_local_unless_another_place_is_named() -> None:
    assert choose_report(["--clients", "8"]) == (["--clients", "8", "--html", str(REPORT)], REPORT)
    named = ["--html", "/elsewhere/r.html", "--clients", "8"]
    assert choose_report(named) == (named, Path("/elsewhere/r.html"))
    assert choose_report(["--html=r.html"]) == (["--html=r.html"], Path("r.html"))
