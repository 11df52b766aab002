"""`make docs`: checks that every relative link in the Markdown files leads somewhere; nothing is built."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

from scripts import console, paths

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)


def main() -> int:
    """Run `make docs`."""
    argparse.ArgumentParser(prog="make docs", description=__doc__).parse_args()
    pages = sorted(path for path in paths.ROOT.glob("**/*.md") if not is_hidden(path))
    broken = [f"{page.relative_to(paths.ROOT)}: {link}" for page in pages for link in list_broken_links(page)]
    for line in broken:
        console.say(f"broken link in {line}")
    console.say(f"{len(pages)} pages, {len(broken)} broken links")
    return 1 if broken else 0


def is_hidden(path: Path) -> bool:
    """Say whether a file lies in a folder that belongs to a tool."""
    return any(part.startswith(".") for part in path.relative_to(paths.ROOT).parts)


def list_broken_links(page: Path) -> Iterator[str]:
    """Yield the relative links of a page whose file or heading does not exist."""
    for link in LINK.findall(CODE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in list_anchors(target)):
            yield link


def list_anchors(page: Path) -> set[str]:
    """Return the anchors that the headings of a page get on code hosting sites."""
    headings = HEADING.findall(CODE.sub(lambda code: code.group().strip("`"), page.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


if __name__ == "__main__":
    console.run_main(main)
