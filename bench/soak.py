#!/usr/bin/env python3
"""soak.py CSV SVG draws the samples of `bench/run soak` and prints their summary.

Ends with status 1 if an answer was wrong, or if memory or descriptors grow: if the median of the last quarter of the time is above that
of the second by more than 5 percent. In the first quarter caches and pools fill.
"""
import csv
import statistics
import sys

WIDTH, HEIGHT, LEFT = 840, 170, 60
PANELS = [
    ("memory, MB", [("resident_kb", "#1f6feb")], 1 / 1024),
    ("connections of nginx, and other open descriptors", [("connections", "#1f6feb"), ("descriptors", "#b35900")], 1),
    ("latency, ms: median and 99th percentile", [("p50_ms", "#1f6feb"), ("p99_ms", "#b35900")], 1),
]
MARKS = {"reload": "#cccccc", "invalid": "#cccccc", "nginx": "#999999", "down": "#cc3333"}


def main(source, target):
    with open(source, newline="") as file:
        samples = list(csv.DictReader(file))
    with open(target, "w") as file:
        file.write(drawing(samples))
    wrong = sum(int(sample["wrong"]) for sample in samples)
    print(f"{sum(int(sample['requests']) for sample in samples)} requests of wrk, {wrong} wrong answers, "
          f"{sum(int(sample['dropped']) for sample in samples)} connections dropped, "
          f"{sum(sample['event'] == 'down' for sample in samples)} restarts of Redis")
    print(f"{'medians':24}{'second quarter':>16}{'last quarter':>16}{'growth':>10}")
    growths = {column: growth(column, samples) for column in ("resident_kb", "connections", "descriptors", "p50_ms", "p99_ms")}
    return wrong == 0 and growths["resident_kb"] <= 0.05 and growths["descriptors"] <= 0.05


def growth(column, samples):
    """Prints the medians of the second and the last quarter, and returns the growth between them."""
    values = [float(sample[column]) for sample in samples]
    quarter = len(values) // 4
    early, late = (statistics.median(values[part * quarter:(part + 1) * quarter]) for part in (1, 3))
    print(f"{column:24}{early:16.2f}{late:16.2f}{late / early - 1:10.1%}")
    return late / early - 1


def drawing(samples):
    times = [float(sample["seconds"]) / 60 for sample in samples]
    texts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT * len(PANELS) + 30}" '
             'font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="white"/>']
    for index, (title, lines, factor) in enumerate(PANELS):
        top, bottom = index * HEIGHT + 28, (index + 1) * HEIGHT
        most = max(float(sample[column]) * factor for column, _ in lines for sample in samples) * 1.1
        x = lambda minutes: LEFT + minutes / times[-1] * (WIDTH - LEFT - 20)
        y = lambda value: bottom - value / most * (bottom - top)
        texts.append(f'<text x="{LEFT}" y="{top - 8}">{title}</text>')
        for value in (0, most / 2, most):
            texts.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.0f}" text-anchor="end">{value:,.0f}</text>'
                         f'<path d="M{LEFT} {y(value):.1f}H{WIDTH - 20}" stroke="#dddddd"/>')
        for minutes, sample in zip(times, samples):
            if color := MARKS.get(sample["event"]):
                texts.append(f'<path d="M{x(minutes):.1f} {top}V{bottom}" stroke="{color}" stroke-dasharray="2 3"/>')
        for column, color in lines:
            points = " ".join(f"{x(minutes):.1f},{y(float(sample[column]) * factor):.1f}" for minutes, sample in zip(times, samples))
            texts.append(f'<polyline points="{points}" fill="none" stroke="{color}"/>')
    texts += [f'<text x="{x(minutes):.0f}" y="{bottom + 18}" text-anchor="middle">{minutes} min</text>'
              for minutes in range(0, int(times[-1]) + 1, 5)]
    return "\n".join(texts) + "\n</svg>\n"


if __name__ == "__main__":
    sys.exit(0 if main(*sys.argv[1:]) else 1)
