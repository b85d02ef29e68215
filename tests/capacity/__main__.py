"""`make capacity` → a table and build/capacity.json.

Twenty searches by `python -m loadgen stress`, each against a stand-in of its own that has a knee drawn by the
seed, sharp or noisy; then thousands of searches of a server that is only arithmetic, for every kind of noise.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from capacity.simulated import NOISES, simulate
from support.knees import search, standin

RESULT = Path("build/capacity.json")
GOAL = 0.9
"""18 of 20."""
_DEVIATIONS = (0.0, 0.02, 0.05, 0.1)
_RESOLUTION = "5"


def real(number: int, seed: int, folder: Path) -> dict[str, Any]:
    """One search against a real stand-in."""
    chance = random.Random(f"{seed} {number}")
    knee = round(math.exp(chance.uniform(math.log(30), math.log(200))))
    noise = _DEVIATIONS[number % len(_DEVIATIONS)]
    with standin(folder, knee, noise, chance.randrange(2**31)) as server:
        done = search(server, ("--start", "20", "--resolution", _RESOLUTION, "--seed", str(seed + number)))
    found = done.found
    steps = [step for one in found["rounds"] for step in one["steps"]]
    inside = found["low"] <= knee and (found["high"] is None or knee < found["high"])
    kept = {key: found[key] for key in ("low", "high", "estimate", "confidence")}
    return {"knee": knee, "noise": noise, "tries": len(steps), "inside": inside, **kept}


def main() -> int:
    """Exit code 0 if the goals are met."""
    parser = argparse.ArgumentParser(prog="make capacity", description=__doc__.partition("\n")[0])
    parser.add_argument("--searches", type=int, default=20, metavar="N", help="real ones (%(default)s)")
    parser.add_argument("--simulated", type=int, default=2000, metavar="N", help="a noise (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="draws the knees (%(default)s)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ThreadPoolExecutor(2) as pool:
        print(f"{'knee':>6}{'noise':>7}{'low':>7}{'high':>7}{'estimate':>10}{'sure':>8}{'tries':>7}")
        searches = []
        places = [Path(temporary) / str(number) for number in range(args.searches)]
        for one in pool.map(real, range(args.searches), [args.seed] * args.searches, places):
            searches.append(one)
            print(_line(one), flush=True)
    right = sum(one["inside"] for one in searches)
    print(f"the knee lies in {right} of {len(searches)} intervals\n")
    print(f"{'simulated noise':24}{'inside':>8}{'promised':>10}{'width':>8}{'tries':>7}")
    simulated = []
    for name in NOISES:
        simulated.append(simulate(name, args.simulated, args.seed))
        print(_simulated(simulated[-1]), flush=True)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"searches": searches, "simulated": simulated}, indent=1) + "\n")
    met = right >= GOAL * len(searches) and all(one["inside"] >= one["promised"] for one in simulated)
    print(f"\n{'all goals met' if met else 'NOT MET'}; {RESULT}")
    return 0 if met else 1


def _line(one: dict[str, Any]) -> str:
    high = "none" if one["high"] is None else one["high"]
    estimate = "-" if one["estimate"] is None else one["estimate"]
    marks = "" if one["inside"] else "  MISSED"
    return (
        f"{one['knee']:>6}{one['noise']:>7.0%}{one['low']:>7}{high:>7}{estimate:>10}"
        f"{one['confidence']:>8.1%}{one['tries']:>7}{marks}"
    )


def _simulated(one: dict[str, Any]) -> str:
    shares = f"{one['inside']:>8.1%}{one['promised']:>10.1%}{_width(one['width']):>8}"
    return f"{one['noise']:24}{shares}{one['tries']:>7.1f}"


def _width(width: float) -> str:
    return "open" if math.isinf(width) else f"{width:.0%}"


if __name__ == "__main__":
    sys.exit(main())
