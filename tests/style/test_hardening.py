"""The programs that ship, as their ELF files tell: hardened, linked with what
the list of materials says, and nothing of this machine in them."""

import json
import platform
import re
import subprocess

import pytest
from sources import BUILD, ROOT

NAMES = ("clerkstream-producer", "clerkstream-consumer", "clerkstream")
PROGRAMS = [BUILD / "bin" / name for name in NAMES]
IMAGE = ROOT / "compose" / "image"


def printed(*words):
    done = subprocess.run([str(word) for word in words], text=True,
                          capture_output=True, timeout=120)  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(params=PROGRAMS, ids=lambda path: path.name)
def program(request):
    return request.param


def test_its_addresses_are_random(program):
    header = printed("readelf", "--file-header", program)
    assert re.search(r"Type: +DYN", header)
    assert "PIE" in printed("readelf", "--dynamic", program)


def test_its_tables_are_read_only_before_it_runs(program):
    assert "GNU_RELRO" in printed("readelf", "--program-headers", program)
    assert "NOW" in printed("readelf", "--dynamic", program)


def test_no_memory_is_both_written_and_run(program):
    headers = printed("readelf", "--wide", "--program-headers", program)
    (stack,) = re.findall(r"GNU_STACK.* (R\S*) +0x", headers)
    assert stack == "RW"
    assert "RWE" not in headers
    assert "TEXTREL" not in printed("readelf", "--dynamic", program)


def test_its_stack_and_copies_are_guarded(program):
    symbols = printed("readelf", "--wide", "--dyn-syms", program)
    assert "__stack_chk_fail" in symbols
    assert re.search(r"__\w+_chk\b", symbols.replace("__stack_chk_fail", ""))


@pytest.mark.skipif(platform.machine() != "x86_64", reason="of x86-64 alone")
def test_jumps_land_where_a_jump_may(program):
    # In every function of ours. That the whole program is marked so, that the
    # processor sees to it, is for the distribution's start files to allow.
    code = printed("objdump", "--disassemble=main", program)
    assert "endbr64" in code


def test_it_looks_for_libraries_where_the_system_does(program):
    assert not re.search("RPATH|RUNPATH", printed("readelf", "-d", program))


def test_it_does_not_tell_where_it_was_built(program):
    assert str(ROOT) not in printed("strings", program)


@pytest.fixture(scope="module")
def materials():
    return json.loads(printed(IMAGE / "sbom", "1.2.3", *PROGRAMS))


def test_the_list_of_materials_has_every_library(materials):
    libraries = printed(IMAGE / "libraries", *PROGRAMS).split()
    assert any("librdkafka" in path for path in libraries)
    packages = set(printed(IMAGE / "package", *libraries).split())
    listed = {package["name"] for package in materials["packages"]}
    assert packages | {path.name for path in PROGRAMS} == listed


def test_the_list_of_materials_is_one_of_spdx(materials):
    assert materials["spdxVersion"] == "SPDX-2.3"
    ids = [package["SPDXID"] for package in materials["packages"]]
    assert len(set(ids)) == len(ids)
    for package in materials["packages"]:
        assert re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"])
        assert package["versionInfo"] and package["downloadLocation"]
    known = {*ids, "SPDXRef-DOCUMENT"}
    for relation in materials["relationships"]:
        assert relation["spdxElementId"] in known
        assert relation["relatedSpdxElement"] in known


def test_the_list_of_materials_tells_licences(materials):
    told = [package.get("licenseComments", package["licenseDeclared"])
            for package in materials["packages"]]  # fmt: skip
    assert all(told) and told.count("Apache-2.0") == len(PROGRAMS)


def test_the_licence_that_is_told_is_the_one_that_is_given():
    head = (ROOT / "LICENSE").read_text()[:200].split()
    assert " ".join(head[:4]) == "Apache License Version 2.0,"
    image = (ROOT / "compose/Dockerfile").read_text()
    assert 'image.licenses="Apache-2.0"' in image


def test_the_same_programs_have_the_same_list(materials):
    again = json.loads(printed(IMAGE / "sbom", "1.2.3", *PROGRAMS))
    assert again == materials
