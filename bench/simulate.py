#!/usr/bin/env python3
"""Simulates many gateways and Redis nodes with the service times that bench/run measured on one machine.

    bench/simulate.py                                   the table of docs/scaling.md
    bench/simulate.py --rate 1e6 --gateways 24 --nodes 8
    bench/simulate.py local                             what `local` admits during an outage, and its bound

A gateway is an event loop. Whenever it is free it takes all requests that have arrived, works on them, sends each node its part
as one batch, and waits for the slowest node. A node handles one batch after the other, in `base` microseconds and `each` more
per decision. Nothing else is modelled: no packet is lost and no machine is shared.
"""
import argparse
import heapq
import random
from collections import deque


class Gateway:
    """An event loop and the arrival times of the requests that wait for it."""

    def __init__(self, rate, random):
        self.rate, self.random = rate, random
        self.next_arrival = random.expovariate(rate)

    def take(self, now):
        """Returns the requests that have arrived by now or, without any, the time of the next arrival."""
        taken = []
        while self.next_arrival <= now:
            taken.append(self.next_arrival)
            self.next_arrival += self.random.expovariate(self.rate)
        return taken


def simulate(arguments, gateways, nodes, rate, cached, seconds=0.4, warm=0.1):
    """Returns throughput, waits and utilisation of a configuration; times are in microseconds."""
    source = random.Random(arguments.seed)
    loops = [Gateway(rate / gateways / 1e6, source) for _ in range(gateways)]
    node_free = [0.0] * nodes
    node_busy = 0.0
    loop_busy = 0.0
    batches = decisions = 0
    waits = []
    begin, end = warm * 1e6, (warm + seconds) * 1e6
    # (time, order, kind, loop, rest): at a "tick" a loop is free; at a "reach" its batches reach the nodes.
    events = [(loop.next_arrival, index, "tick", index, None) for index, loop in enumerate(loops)]
    heapq.heapify(events)
    order = gateways
    while events:
        now, _, what, index, rest = heapq.heappop(events)
        if now > end:
            break
        loop = loops[index]
        order += 1
        if what == "tick":
            taken = loop.take(now)
            if not taken:
                heapq.heappush(events, (loop.next_arrival, order, "tick", index, None))
                continue
            work = len(taken) * arguments.cpu
            if now >= begin:
                loop_busy += work
            sizes = [0] * nodes
            for _ in taken:
                if source.random() >= cached:
                    sizes[source.randrange(nodes)] += 1
            if not any(sizes):
                finish(waits, taken, now + work, begin)
                heapq.heappush(events, (now + work, order, "tick", index, None))
                continue
            heapq.heappush(events, (now + work + arguments.rtt / 2, order, "reach", index, (taken, sizes)))
        else:
            taken, sizes = rest
            slowest = now
            for node, size in enumerate(sizes):
                if not size:
                    continue
                service = arguments.base + arguments.each * size
                node_free[node] = max(now, node_free[node]) + service
                slowest = max(slowest, node_free[node])
                if now >= begin:
                    node_busy += service
                    batches += 1
                    decisions += size
            answered = slowest + arguments.rtt / 2
            finish(waits, taken, answered, begin)
            heapq.heappush(events, (answered, order, "tick", index, None))
    waits.sort()
    length = end - begin
    return {
        "done": len(waits) / seconds,
        "p50": waits[len(waits) // 2] / 1000 if waits else 0,
        "p99": waits[len(waits) * 99 // 100] / 1000 if waits else 0,
        "node": node_busy / length / nodes,
        "loop": loop_busy / length / gateways,
        "batch": decisions / batches if batches else 0,
    }


def finish(waits, taken, answered, begin):
    """Records the waits of requests that arrived after the warm-up."""
    waits.extend(answered - came for came in taken if came >= begin)


def scaling(arguments):
    """Prints one configuration, or the table from one gateway to a million decisions per second."""
    if arguments.rate:
        configurations = [(arguments.gateways, arguments.nodes, arguments.rate, arguments.cached)]
    else:
        configurations = [
            (1, 1, 30e3, 0), (4, 1, 100e3, 0), (8, 1, 200e3, 0), (8, 1, 300e3, 0),
            (8, 3, 300e3, 0), (16, 3, 500e3, 0), (16, 6, 500e3, 0),
            (32, 6, 1e6, 0), (32, 8, 1e6, 0), (32, 12, 1e6, 0),
            (32, 1, 1e6, 0.9), (32, 1, 1e6, 0.99),
        ]
    print(f"loop {arguments.cpu} us per request; node {arguments.base} us per batch + {arguments.each} us per decision;"
          f" round trip {arguments.rtt} us")
    print(f"{'loops':>6} {'nodes':>6} {'offered/s':>11} {'cached':>11} {'answered/s':>11} {'p50 ms':>8} {'p99 ms':>8}"
          f" {'node busy':>10} {'loop busy':>10} {'batch':>7}")
    for gateways, nodes, rate, cached in configurations:
        seen = simulate(arguments, gateways, nodes, rate, cached)
        note = "  overloaded" if seen["done"] < 0.97 * rate else ""
        print(f"{gateways:6} {nodes:6} {rate:11,.0f} {cached:11.0%} {seen['done']:11,.0f} {seen['p50']:8.2f}"
              f" {seen['p99']:8.2f} {seen['node']:10.0%} {seen['loop']:10.0%} {seen['batch']:7.1f}{note}")


class Window:
    """A sliding window: no interval of its length has more admissions than the limit."""

    def __init__(self, limit, length):
        self.limit, self.length, self.times = limit, length, deque()

    def admits(self, now):
        while self.times and self.times[0] <= now - self.length:
            self.times.popleft()
        if len(self.times) >= self.limit:
            return False
        self.times.append(now)
        return True


def most_in_a_window(times, length):
    """Returns the most admissions in any interval of this length."""
    most, first = 0, 0
    for last, time in enumerate(times):
        while times[first] <= time - length:
            first += 1
        most = max(most, last - first + 1)
    return most


def local(arguments):
    """Prints the most that a client gets if it asks all machines without a pause, for outages at every phase of its window."""
    source = random.Random(arguments.seed)
    length = 60.0
    print(f"sliding window of {arguments.limit} per minute; a client that asks every machine 5 times per second; outages of"
          f" 1 to 180 s")
    print(f"{'machines':>9} {'--local-share':>14} {'bound':>7} {'most seen per minute':>22}")
    for machines in (1, 2, 4, 16):
        for share in sorted({1, machines}):
            part = max(1, arguments.limit // share)
            bound = arguments.limit + machines * part
            most = 0
            for _ in range(60):
                shared = Window(arguments.limit, length)
                locals_ = [Window(part, length) for _ in range(machines)]
                down = source.uniform(60, 120)
                up = down + source.uniform(1, 180)
                asks = sorted(source.uniform(0, 360) for _ in range(360 * 5 * machines))
                admitted = []
                for number, now in enumerate(asks):
                    decider = locals_[number % machines] if down <= now < up else shared
                    if decider.admits(now):
                        admitted.append(now)
                most = max(most, most_in_a_window(admitted, length))
            assert most <= bound, f"{most} admitted, but the bound is {bound}"
            print(f"{machines:9} {'1/' + str(share):>14} {bound:7} {most:22}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("part", nargs="?", choices=["scaling", "local"], default="scaling")
    parser.add_argument("--rate", type=float, help="requests per second of all gateways together; prints the whole table by default")
    parser.add_argument("--gateways", type=int, default=16, help="event loops of all machines together")
    parser.add_argument("--nodes", type=int, default=3, help="Redis masters")
    parser.add_argument("--cached", type=float, default=0, help="share of the requests that cached refusals answer")
    parser.add_argument("--cpu", type=float, default=8, help="microseconds of a loop per request")
    parser.add_argument("--base", type=float, default=20, help="microseconds of a node per batch")
    parser.add_argument("--each", type=float, default=2.3, help="microseconds of a node per decision")
    parser.add_argument("--rtt", type=float, default=200, help="microseconds of a round trip to a node")
    parser.add_argument("--limit", type=int, default=10, help="local: units per minute")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    {"scaling": scaling, "local": local}[arguments.part](arguments)


if __name__ == "__main__":
    main()
