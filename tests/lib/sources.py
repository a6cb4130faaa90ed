"""sources - the files of the project, and C seen as text."""

import json
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
BUILD = Path(os.environ.get("CLERKSTREAM_BUILD", ROOT / "build/release"))
NOT_OURS_TO_CHECK = ("build", ".run", ".git")


def files(*suffixes):
    """Paths below the root, as git knows them; no suffixes means all."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others",
         "--exclude-standard"],
        cwd=ROOT, capture_output=True,
    )  # fmt: skip
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        found = (ROOT / name for name in names if name)
    else:  # an unpacked archive
        found = (
            path
            for top in ROOT.iterdir()
            if top.name not in NOT_OURS_TO_CHECK
            for path in (top, *top.rglob("*"))
        )
    return sorted(
        path
        for path in found
        if path.is_file() and (not suffixes or path.suffix in suffixes)
    )


def compilations():
    """How each C file was compiled: dicts with file, directory, command."""
    listed = json.loads((BUILD / "compile_commands.json").read_text())
    return [entry for entry in listed if Path(entry["file"]).exists()]


def shown(path):
    return str(Path(path).relative_to(ROOT))


def code_of(text):
    """C without comments and the insides of strings; lines stay in place."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S
    )

    def emptied(match):
        if match[0][0] == "/":
            return "\n" * match[0].count("\n") or " "
        return match[0][0] * 2

    return token.sub(emptied, text)


def functions(text):
    """(name, first line, number of lines) of each function of a C file.

    Goes by the form that clang-format gives: a body begins with a brace in
    the first column and ends with one.
    """
    lines = code_of(text).split("\n")
    for number, line in enumerate(lines):
        if line != "{":
            continue
        head = number - 1
        while head > 0 and lines[head - 1][:1] not in ("", "}", "#", ";"):
            head -= 1
        end = lines.index("}", number)
        name = re.search(r"(\w+)\(", " ".join(lines[head:number]))
        yield (name[1] if name else "?"), head + 1, end - head + 1
