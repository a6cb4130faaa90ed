"""What a comment or a page refers to is there: files, pages, sections."""

import re

from sources import ROOT, files, shown

PAGES = files(".md")
PROGRAMS = ("producer", "consumer", "console", "shared")
NAMES = {path.name for path in files()}
# Of libraries, when a comment says who may include them.
FOREIGN = {"curl.h", "rdkafka.h", "libpq-fe.h"}

COMMENT = re.compile(r"/\*.*?\*/", re.S)
FILE = re.compile(r"[\w./-]*\w\.(?:c|h|py|sql|sh|md|json|yaml|yml|toml)\b")
LINK = re.compile(r"\]\(([^)\s]+)\)")
QUOTED = re.compile(r"`([^`\s]+)`")


def section(title):
    """The anchor that a heading gets, as the usual viewers make it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def sections(page):
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {section(title) for title in headings}


def leads_somewhere(page, link):
    name, _, anchor = link.partition("#")
    target = (page.parent / name).resolve() if name else page
    if not target.exists():
        return False
    return not anchor or anchor in sections(target)


def test_the_links_of_the_pages_lead_somewhere():
    lost = [
        f"{shown(page)}: {link}"
        for page in PAGES
        for link in LINK.findall(page.read_text())
        if not link.startswith("http") and not leads_somewhere(page, link)
    ]
    assert not lost, "\n".join(lost)


def test_the_files_that_pages_name_are_there():
    lost = [
        f"{shown(page)}: {name}"
        for page in PAGES
        for name in QUOTED.findall(page.read_text())
        if FILE.fullmatch(name)
        and not name.startswith(("build/", "/"))
        and name.rpartition("/")[2] not in NAMES
    ]
    assert not lost, "\n".join(lost)


def test_the_files_that_comments_name_are_there():
    lost = [
        f"{shown(path)}: {name}"
        for path in files(".c", ".h")
        if path.relative_to(ROOT).parts[0] in PROGRAMS
        for comment in COMMENT.findall(path.read_text())
        for name in FILE.findall(comment)
        if name.rpartition("/")[2] not in NAMES | FOREIGN
    ]
    assert not lost, "\n".join(lost)
