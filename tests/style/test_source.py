"""How the source looks: what can be said in rules, is checked here."""

import re
import subprocess

import pytest
from sources import ROOT, code_of, files, functions, shown

FUNCTION_LINES_MAX = 60
FILE_LINES_MAX = 400
COLUMNS_MAX = 80

C_FILES = files(".c", ".h")
HEADERS = files(".h")
TEXTS = [
    path
    for path in files(".c", ".h", ".py", ".sh", ".sql", "")
    if path.suffix or path.read_bytes().startswith(b"#!")
]

# Each writes or reads without an end, keeps state between calls, or hides
# that its argument was no number.
BANNED = ("strcpy", "strcat", "sprintf", "vsprintf", "strtok", "gets",
          "atoi", "atol", "atoll", "atof", "scanf", "sscanf")  # fmt: skip
VAGUE_NAMES = ("util", "utils", "common", "helper", "helpers", "manager",
               "types", "misc")  # fmt: skip


def assert_none(found):
    assert not found, "\n" + "\n".join(found)


def test_c_files_are_formatted():
    done = subprocess.run(
        ["clang-format-14", "--dry-run", "-Werror", *C_FILES],
        cwd=ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("header", HEADERS, ids=shown)
def test_a_header_compiles_on_its_own(header):
    done = subprocess.run(
        ["gcc", "-std=c11", "-D_GNU_SOURCE", "-fsyntax-only", "-I", ROOT,
         "-Wall", "-Wextra", "-x", "c", "-"],
        input=f'#include "{header}"\n', capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0 and "warning" not in done.stderr, done.stderr


@pytest.mark.parametrize("header", HEADERS, ids=shown)
def test_a_header_says_first_what_it_is(header):
    lines = header.read_text().splitlines()
    name = header.stem
    first = next(line for line in lines if re.search(r"\w", line))
    assert re.search(rf"\b{name} - \S", first), first
    assert lines.count("#pragma once") == 1


def test_functions_are_short():
    assert_none([
        f"{shown(path)}:{line}: {name}() has {length} lines"
        for path in C_FILES
        for name, line, length in functions(path.read_text())
        if length > FUNCTION_LINES_MAX
    ])  # fmt: skip


def test_files_are_not_long():
    lengths = {path: path.read_text().count("\n") for path in C_FILES}
    assert_none([
        f"{shown(path)}: {length} lines"
        for path, length in lengths.items()
        if length > FILE_LINES_MAX
    ])  # fmt: skip


def test_lines_are_not_long():
    assert_none([
        f"{shown(path)}:{number}: {len(line)} columns"
        for path in TEXTS
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > COLUMNS_MAX
    ])  # fmt: skip


def test_no_blanks_at_the_end_of_a_line():
    assert_none([
        f"{shown(path)}:{number}"
        for path in TEXTS
        for number, line in enumerate(path.read_text().split("\n"), 1)
        if line != line.rstrip()
    ])  # fmt: skip


def test_dangerous_functions_are_not_called():
    call = re.compile(rf"\b({'|'.join(BANNED)})\s*\(")
    assert_none([
        f"{shown(path)}:{number}: {match[1]}"
        for path in C_FILES
        for number, line in enumerate(
            code_of(path.read_text()).split("\n"), 1
        )
        if (match := call.search(line))
    ])  # fmt: skip


def test_no_file_is_called_something_vague():
    assert_none([
        shown(path) for path in files() if path.stem in VAGUE_NAMES
    ])  # fmt: skip


def test_no_file_names_a_machine_or_a_package_registry():
    # Put together here, so that this file does not name them either.
    hosts = ["repo1?" + r"\.maven", "repo" + r"\.maven", "pypi" + r"\.org",
             "npm" + r"js\.(com|org)", "crates" + r"\.io",
             "deb" + r"\.debian\.org", "proxy" + r"\.golang"]  # fmt: skip
    places = ["/" + "work/", r"\.\./" + "shared/", "/" + "root/",
              "/" + r"home/\w"]  # fmt: skip
    named = re.compile("|".join(hosts + places).encode())
    assert_none([
        f"{shown(path)}: {match[0].decode()}"
        for path in files()
        if (match := named.search(path.read_bytes()))
    ])  # fmt: skip
