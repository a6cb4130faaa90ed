"""report - the table on the terminal, and the same as Markdown."""

from targets import MIB, Spread, judged

MET = {True: "met", False: "MISSED", None: ""}
COLUMNS = ("", "events/s", "[least – most]", "program", "broker", "database",
           "MiB", "p50 ms", "p99 ms", "")  # fmt: skip

# What only some sections tell, and how.
MORE = {
    "locked_percent": "waits for locks {:.1f} % of the time",
    "seconds": "deleted in {:.3f} s",
    "us_a_row": "{:.1f} µs a row",
    "wal_kib": "{:.1f} KiB of WAL an event",
    "max_ms": "at most {:.0f} ms",
    "refused": "{:.0f} refused",
    "lost": "{:.0f} lost",
}


def lines_of(section):
    """A row of texts for each contestant."""
    for name, runs in section["runs"].items():
        yield [name, *rate_texts(runs), *cpu_texts(runs),
               text(runs, "memory", "{:.0f}", MIB),
               text(runs, "p50_ms", "{:.2f}"),
               text(runs, "p99_ms", "{:.2f}"), more_text(runs)]  # fmt: skip


def more_text(runs):
    told = (text(runs, key, pattern) for key, pattern in MORE.items())
    return ", ".join(part for part in told
                     if part and not part.startswith("0 "))  # fmt: skip


def values_of(runs, key, scale=1):
    return [run[key] / scale for run in runs if key in run]


def text(runs, key, pattern, scale=1):
    values = values_of(runs, key, scale)
    return pattern.format(Spread.of(values).middle) if values else ""


def rate_texts(runs):
    rates = values_of(runs, "rate")
    if not rates:
        return "", ""
    spread = Spread.of(rates)
    return (f"{spread.middle:,.0f}",
            f"[{spread.least:,.0f} – {spread.most:,.0f}]")  # fmt: skip


def cpu_texts(runs):
    used = [run["cpu"] for run in runs if "cpu" in run]
    for part in ("program", "broker", "database"):
        values = [cpu[part] for cpu in used]
        yield f"{Spread.of(values).middle:.2f}" if values else ""


def aligned(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]


def markdown(rows):
    rule = ["---", *["---:"] * (len(rows[0]) - 1)]
    return ["| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:])]


def target_rows(results):
    yield "target", "wanted", "seen: median [least – most]", ""
    for target, seen, met in judged(results):
        shown = seen.shown(target.pattern) if seen else "not measured"
        yield target.what, target.wanted, shown, MET[met]


def told(results, layout):
    """All of it; layout: aligned or markdown."""
    for name, section in results.items():
        about = " ".join(section["about"].split())
        yield f"{name}: {about}"
        yield ""
        yield f"({section['date']}, {section['machine']}, "\
            f"commit {section['commit']}, {section['rounds']} rounds; "\
            "program, broker, database: CPU seconds for 10 000 events)"
        yield ""
        yield from layout([list(COLUMNS), *lines_of(section)])
        yield ""
        yield from section["notes"]
        if section["notes"]:
            yield ""
    yield from layout([list(row) for row in target_rows(results)])
