"""`make down`: stops the private servers, unless something uses them (FORCE=1 stops them all the same)."""

import argparse
import os

from scripts import console, paths, signals
from scripts.servers.pair import ServerPair


def main() -> int:
    """Run `make down`."""
    parser = argparse.ArgumentParser(prog="make down", description=__doc__)
    parser.add_argument("--force", action="store_true", default=bool(os.environ.get("FORCE")))
    force = parser.parse_args().force
    signals.raise_on_signals()
    paths.make_local()
    pair = ServerPair(paths.LOCAL)
    users = pair.leases.release_servers(stop=pair.stop, force=force)
    if users and not force:
        console.say(f"still in use by {'; '.join(users)}")
        console.say("the servers stop when that ends; `make down FORCE=1` stops them now")
        return 1
    console.say("the private servers are stopped")
    return 0


if __name__ == "__main__":
    console.run_main(main)
