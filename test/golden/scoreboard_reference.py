"""Golden numbers of the scoreboard's statistics, by scipy and statsmodels, which the project does not need otherwise.

Usage: python -m venv V && V/bin/pip install scipy statsmodels && V/bin/python test/golden/scoreboard_reference.py > test/golden/scoreboard.json
       && npx biome format --write test/golden/scoreboard.json
"""

import json
import sys

import numpy
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

rng = numpy.random.default_rng(20250222)


def wilson():
    for right, n in [(0, 5), (8, 10), (5, 5), (1, 1), (20, 40), (1339, 3270), (4873, 10042), (499, 500)]:
        low, high = proportion_confint(right, n, alpha=0.05, method="wilson")
        yield {"right": right, "n": n, "low": low, "high": high}


def mc_nemar():
    for a, b in [(0, 0), (1, 0), (5, 0), (0, 6), (8, 8), (13, 25), (40, 22), (311, 402), (1200, 1100), (1500, 900)]:
        table = [[100, a], [b, 200]]
        yield {"onlyA": a, "onlyB": b, "p": float(mcnemar(table, exact=True).pvalue)}


def holm():
    for ps in [
        [0.01, 0.04, 0.03, 0.005],
        [0.5, 0.5, 0.5],
        [1.0],
        [0.0, 1e-9, 0.049, 0.05, 0.2, 0.9, 1.0],
        [float(p) for p in rng.random(21) ** 3],
    ]:
        yield {"ps": ps, "adjusted": [float(p) for p in multipletests(ps, method="holm")[1]]}


def upper_tail():
    for k, n, p in [(1, 1, 0.5), (25, 40, 0.5), (1339, 3270, 0.6217), (2072, 3270, 0.6217), (2600, 10042, 0.2504), (9, 10, 0.9), (0, 7, 0.3)]:
        yield {"k": k, "n": n, "p": p, "tail": float(stats.binomtest(k, n, p, alternative="greater").pvalue)}


def two_sided():
    for z in [0.0, 1e-6, 0.5, -1.0, 1.959963984540054, 2.5, 2.8284, 2.8285, 3.3, -4.7, 6.0, 12.0, 30.0]:
        yield {"z": z, "p": float(2 * stats.norm.sf(abs(z)))}


def bootstrap():
    """Per-question differences of two rows, resampled within each task; percentile interval."""
    for strata in [
        [(40, 9, 4), (40, 3, 3), (40, 12, 5)],
        [(3270, 402, 311), (1838, 120, 141), (10042, 1210, 1100), (1267, 160, 150), (2376, 300, 240), (1172, 120, 119), (500, 60, 40)],
        [(500, 12, 0)],
        [(200, 0, 0), (300, 30, 21)],
    ]:
        samples = [numpy.repeat([1.0, -1.0, 0.0], [a, b, n - a - b]) for n, a, b in strata]
        kept = scipy.stats.bootstrap(
            samples,
            lambda *tasks, axis: sum(task.mean(axis=axis) for task in tasks) / len(tasks),
            n_resamples=20_000,
            batch=200,
            method="percentile",
            vectorized=True,
            rng=rng,
        )
        yield {
            "strata": [{"n": n, "onlyA": a, "onlyB": b} for n, a, b in strata],
            "low": float(kept.confidence_interval.low),
            "high": float(kept.confidence_interval.high),
            "stderr": float(kept.standard_error),
        }


json.dump(
    {
        "versions": {"scipy": scipy.__version__, "statsmodels": statsmodels.__version__, "numpy": numpy.__version__},
        "wilson": list(wilson()),
        "mcnemar": list(mc_nemar()),
        "holm": list(holm()),
        "upperTail": list(upper_tail()),
        "twoSided": list(two_sided()),
        "bootstrap": list(bootstrap()),
    },
    sys.stdout,
    indent=2,
)
print()
