"""pictures - what was measured as bars, drawn by gnuplot as SVG."""

import subprocess

from targets import Spread

PLAIN = """
set terminal svg size 860,{height} font "sans,12" background "white"
set output "{output}"
set title "{title}" font ",14"
set style fill solid 0.85 border -1
set xrange [0:*]
set yrange [-0.6:{count}-0.4]
set grid xtics
set lmargin 42
set rmargin 12
set ytics nomirror ({labels})
set xlabel "{unit}"
unset key
"""
RATES = """
set format x "%.0s%c"
$bars << END
{rows}
END
plot $bars using ($2/2):0:($2/2):(0.35):($4 == 1 ? 0x2a6f97 : 0xb0b0b0) \\
     with boxxyerror lc rgb variable, \\
     $bars using 2:0:5:6 with xerrorbars lc rgb "#444444" pt 0, \\
     $bars using 6:0:3 with labels left offset 1,0
"""
STACKS = """
set key outside bottom center horizontal
$bars << END
{rows}
END
plot $bars using ($2/2):0:($2/2):(0.35) with boxxyerror \\
     lc rgb "#2a6f97" title "program", \\
     $bars using ($2+$3/2):0:($3/2):(0.35) with boxxyerror \\
     lc rgb "#e9a03b" title "broker", \\
     $bars using ($2+$3+$4/2):0:($4/2):(0.35) with boxxyerror \\
     lc rgb "#7a9e7e" title "database"
"""


def draw(results, folder):
    for section in ("ingest", "apply"):
        if section in results:
            runs = results[section]["runs"]
            rates(runs, f"{section}: events per second", folder / section)
            costs(runs, f"{section}: CPU seconds for 10 000 events",
                  folder / f"{section}-cpu")  # fmt: skip
    if "latency" in results:
        delays(results["latency"]["runs"], folder / "latency")


def rates(runs, title, path):
    rows = []
    for name, told in runs.items():
        spread = Spread.of([run["rate"] for run in told])
        rows.append((name, f'"{name}" {spread.middle} "{spread.middle:,.0f}" '
                     f'{int(name == "clerkstream")} {spread.least} '
                     f"{spread.most}"))  # fmt: skip
    plot(path, title, "events/s, median with least and greatest", RATES, rows)


def costs(runs, title, path):
    parts = ("program", "broker", "database")
    rows = []
    for name, told in runs.items():
        middles = (Spread.of([run["cpu"][part] for run in told]).middle
                   for part in parts)  # fmt: skip
        rows.append((name, f'"{name}" ' + " ".join(map(str, middles))))
    plot(path, title, "CPU seconds", STACKS, rows)


def delays(runs, path):
    rows = []
    for name, told in runs.items():
        for key in ("p99_ms", "p50_ms"):
            spread = Spread.of([run[key] for run in told])
            label = f"{name}, {key[:3]}"
            rows.append((label, f'"{label}" {spread.middle} '
                         f'"{spread.middle:.1f} ms" '
                         f'{int(name == "clerkstream")} {spread.least} '
                         f"{spread.most}"))  # fmt: skip
    plot(path, "webhook → row committed, 500 a second",
         "ms, median with least and greatest (logarithmic)",
         "set logscale x\nset xrange [0.1:*]\n"
         + RATES.replace("%.0s%c", "%g"), rows)  # fmt: skip


def plot(path, title, unit, pattern, rows):
    rows = rows[::-1]  # gnuplot counts from below
    labels = ", ".join(f'"{name}" {i}' for i, (name, _) in enumerate(rows))
    script = PLAIN.format(
        height=130 + 34 * len(rows), output=f"{path}.svg", title=title,
        count=len(rows), labels=labels, unit=unit,
    ) + pattern.format(rows="\n".join(row for _, row in rows))  # fmt: skip
    subprocess.run(["gnuplot"], input=script, text=True, check=True, timeout=60)
