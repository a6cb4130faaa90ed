"""What a shell knows of the program: completion in bash, a manual page.

Both are made from its tables, and --help is from the same."""

import re
import subprocess

import pytest
from process import plain_environment
from programs import BIN

SHARE = BIN.parent / "share"
SCRIPT = SHARE / "bash-completion/completions/clerkstream"
PAGE = SHARE / "man/man1/clerkstream.1"


def console(*words):
    return subprocess.run(
        [BIN / "clerkstream", *words], env=plain_environment(),
        capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip


COMMANDS = re.findall(
    r"^  ([a-z]+(?: [a-z]+)?)  ", console("--help"), re.MULTILINE
)
REQUESTS = re.findall(r"^  (--[a-z-]+)  ", console("--help"), re.MULTILINE)
FAMILIES = sorted({name.split()[0] for name in COMMANDS if " " in name})


def flags(command):
    """Each with its value's name, or "", and the choices there are."""
    said = console(*command.split(), "--help")
    return {
        found[1]: (found[2] or "", found[3].split())
        for found in re.finditer(
            r"^  (--[a-z-]+)(?: ([A-Z[][^ \n]*))?[^\n]*\n      [^\n]*"
            r"((?:\n        [^\n]+)*)",
            said, re.MULTILINE,
        )
    }  # fmt: skip


def completed(*words, folder=None):
    """What bash offers for the last word, which may be empty."""
    done = subprocess.run(
        ["bash", "-uc", '. "$1"; shift; COMP_WORDS=("$@");'
         "COMP_CWORD=$(($# - 1)); COMPREPLY=();"
         "$(complete -p clerkstream | sed 's/.*-F \\([^ ]*\\).*/\\1/');"
         'printf "%s\\n" "${COMPREPLY[@]}"',
         "bash", SCRIPT, "clerkstream", *words],
        capture_output=True, text=True, timeout=60, cwd=folder,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return sorted(done.stdout.split())


def test_the_files_are_what_the_program_prints():
    assert SCRIPT.read_text() == console("--completion")
    assert PAGE.read_text() == console("--man")


def test_the_first_word_is_a_command_or_a_request():
    first = {name.split()[0] for name in COMMANDS} | {*REQUESTS}
    assert {"dlq", "status", "--man", "--version"} <= first
    assert completed("") == sorted(first)
    assert completed("re") == sorted(w for w in first if w.startswith("re"))
    assert completed("nonsense", "") == []


@pytest.mark.parametrize("family", FAMILIES)
def test_the_second_word_is_of_the_family(family):
    members = [n.split()[1] for n in COMMANDS if n.startswith(family + " ")]
    assert completed(family, "") == sorted(["--help", *members])
    assert completed(family, members[0][:-1]) == [members[0]]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_flag_and_every_choice_is_offered(command):
    words, known = command.split(), flags(command)
    assert "--help" in known
    assert completed(*words, "--") == sorted(known)
    assert completed(*words, "--help", "--js") == ["--json"]
    for flag, (value, choices) in known.items():
        if value and not value.startswith("[") and value != "PATH":
            assert completed(*words, flag, "") == sorted(choices), flag
            assert completed(*words, flag, "=") == sorted(choices), flag
        for choice in choices:
            assert choice in completed(*words, flag, "=", choice[:3])


def test_what_may_be_left_out_is_no_value_that_must_come():
    assert completed("status", "--watch", "--js") == ["--json"]
    assert completed("status", "--watch=", "--js") == ["--json"]


def test_a_path_is_completed_with_files(tmp_path):
    (tmp_path / "event.json").touch()
    said = completed("send", "--file", "ev", folder=tmp_path)
    assert said == ["event.json"]


def test_the_script_is_clean():
    subprocess.run(["shellcheck", "--shell=bash", SCRIPT], check=True)


def test_the_manual_names_all_there_is_without_a_warning():
    done = subprocess.run(
        ["man", "--warnings", "--local-file", PAGE],
        env=plain_environment(LC_ALL="C.UTF-8", MANWIDTH="80", TERM="dumb"),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    shown = re.sub(r".\x08", "", done.stdout)
    assert max(map(len, shown.splitlines())) <= 100
    for command in COMMANDS:
        assert re.search(rf"^ +{command}( [A-Z\[]|$)", shown, re.MULTILINE)
        for flag in flags(command):
            assert flag == "--help" or re.search(rf"^ +{flag}\b", shown, re.M)
    for variable in re.findall(r"^  ([A-Z_]+) \(", console("--help"), re.M):
        assert re.search(rf"^ +{variable}\b", shown, re.M)


def test_the_manual_keeps_what_can_be_copied():
    shown = subprocess.run(
        ["man", "--local-file", PAGE], text=True, capture_output=True,
        env=plain_environment(LC_ALL="C.UTF-8", MANWIDTH="200"),
        timeout=60, check=True,
    ).stdout  # fmt: skip
    for command in COMMANDS:
        example = console(*command.split(), "--help").split("Example:\n")[1]
        for line in example.splitlines():
            assert line.strip() in re.sub(r".\x08", "", shown)
