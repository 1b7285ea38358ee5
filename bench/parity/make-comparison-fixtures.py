"""Makes packages/shared/test/fixtures/comparison.json: what scipy and scikit-learn say of tests between two models.

Needs numpy, scipy and scikit-learn in any environment:
    python bench/parity/make-comparison-fixtures.py
The tests never run this: they read its committed output.
"""

import json
import pathlib

import numpy as np
import scipy
import sklearn
from scipy import stats
from sklearn import metrics

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = ROOT / "packages/shared/test/fixtures/comparison.json"


def mcnemar_cases():
    pairs = [(10, 2), (3, 3), (24, 0), (30, 10), (15, 10), (100, 60), (0, 5), (0, 0), (5200, 5000), (61000, 60000)]
    cases = []
    for a, b in pairs:
        x = stats.binom(a + b, 0.5)
        cases.append({"challengerOnly": a, "championOnly": b, "p": float(x.sf(a) + x.pmf(a) / 2)})
    return cases


def models(seed, n, classes, skills, shares):
    """Labels and the probabilities of models that know them more or less well; ties included."""
    random = np.random.default_rng(seed)
    labels = random.choice(classes, n, p=shares)
    signal = np.eye(classes)[labels]
    common = random.normal(0, 1, (n, classes))
    made = []
    for skill in skills:
        scores = np.round(skill * signal + 0.6 * common + 0.8 * random.normal(0, 1, (n, classes)), 1)
        exp = np.exp(scores)
        # Rounded before anything is computed, so that ties are ties for whoever reads the file.
        made.append((exp / exp.sum(axis=1, keepdims=True)).round(6))
    return labels, made


def f1(labels, predicted, classes, metric):
    if metric == "f1_score":
        average = "binary" if classes == 2 else "weighted"
    else:
        average = "macro"
    return metrics.f1_score(labels, predicted, average=average, zero_division=0)


def auc(labels, p):
    if p.shape[1] == 2:
        return metrics.roc_auc_score(labels, p[:, 1])
    return metrics.roc_auc_score(labels, p, average="weighted", multi_class="ovr")


def delong(labels, one, two):
    """DeLong's covariance written out pair by pair: O(m n), two classes."""
    kernel = lambda s: (s[labels == 1][:, None] > s[labels == 0]) + 0.5 * (s[labels == 1][:, None] == s[labels == 0])
    difference = kernel(one[:, 1]) - kernel(two[:, 1])
    v10, v01 = difference.mean(axis=1), difference.mean(axis=0)
    variance = v10.var(ddof=1) / len(v10) + v01.var(ddof=1) / len(v01)
    return {"difference": float(difference.mean()), "p": float(stats.norm.sf(difference.mean() / np.sqrt(variance)))}


def bootstrapped_auc(labels, one, two, random, resamples=4000):
    """Of more classes there is no closed form to compare with: rows resampled within their classes."""
    groups = [np.flatnonzero(labels == k) for k in range(one.shape[1])]
    drawn = []
    for _ in range(resamples):
        rows = np.concatenate([random.choice(group, len(group)) for group in groups])
        drawn.append(auc(labels[rows], one[rows]) - auc(labels[rows], two[rows]))
    return {"difference": float(auc(labels, one) - auc(labels, two)), "deviation": float(np.std(drawn, ddof=1))}


def randomised(labels, one, two, metric, classes, random, resamples=20000):
    """The paired randomisation test, swapping row by row."""
    a, b = one.argmax(axis=1), two.argmax(axis=1)
    observed = f1(labels, a, classes, metric) - f1(labels, b, classes, metric)
    differ = np.flatnonzero(a != b)
    as_much = 1
    for _ in range(resamples):
        swap = differ[random.random(len(differ)) < 0.5]
        x, y = a.copy(), b.copy()
        x[swap], y[swap] = b[swap], a[swap]
        lead = fast_f1(labels, x, classes, metric) - fast_f1(labels, y, classes, metric)
        as_much += lead >= observed - 1e-12
    return {"difference": float(observed), "p": as_much / (resamples + 1)}


def fast_f1(labels, predicted, classes, metric):
    support = np.bincount(labels, minlength=classes)
    made = np.bincount(predicted, minlength=classes)
    hits = np.bincount(labels[labels == predicted], minlength=classes)
    if metric == "f1_score" and classes == 2:
        return 2 * hits[1] / (support[1] + made[1])
    seen = support + made > 0
    scores = 2 * hits[seen] / (support + made)[seen]
    return scores.mean() if metric == "macro_f1" else np.average(scores, weights=support[seen])


def permuted(labels, predicted, metric, classes, random, resamples=20000):
    """Labels permuted: mean and deviation of F1 when it has nothing to do with the predictions."""
    drawn = [fast_f1(random.permutation(labels), predicted, classes, metric) for _ in range(resamples)]
    z = (fast_f1(labels, predicted, classes, metric) - np.mean(drawn)) / np.std(drawn)
    return float(stats.norm.sf(z))


def skill(labels, p, metric, classes, random):
    predicted = p.argmax(axis=1)
    majority = int(np.bincount(labels).argmax())
    if metric == "accuracy_score":
        a = int(np.sum((predicted == labels) & (labels != majority)))
        b = int(np.sum((predicted != labels) & (labels == majority)))
        x = stats.binom(a + b, 0.5)
        return float(x.sf(a) + x.pmf(a) / 2)
    if metric == "roc_auc":
        scores = p[:, 1]
        test = stats.mannwhitneyu(
            scores[labels == 1], scores[labels == 0], alternative="greater", method="asymptotic", use_continuity=False
        )
        return float(test.pvalue)
    if classes == 2:
        table = metrics.confusion_matrix(labels, predicted, labels=[1, 0])
        return float(stats.fisher_exact(table, alternative="greater")[1])
    return permuted(labels, predicted, metric, classes, random)


def majority_scores(labels, classes):
    majority = int(np.bincount(labels, minlength=classes).argmax())
    constant = np.full(len(labels), majority)
    return {
        "accuracy_score": float(metrics.accuracy_score(labels, constant)),
        "f1_score": float(f1(labels, constant, classes, "f1_score")),
        "macro_f1": float(f1(labels, constant, classes, "macro_f1")),
        "roc_auc": 0.5,
    }


def case(name, seed, n, classes, skills, shares):
    labels, (one, two) = models(seed, n, classes, skills, shares)
    random = np.random.default_rng(seed)
    wanted = {metric: randomised(labels, one, two, metric, classes, random) for metric in ("f1_score", "macro_f1")}
    auc_test = delong(labels, one, two) if classes == 2 else bootstrapped_auc(labels, one, two, random)
    skilled = ["accuracy_score", "f1_score", "macro_f1"] + (["roc_auc"] if classes == 2 else [])
    return {
        "name": name, "nClasses": classes, "labels": labels.tolist(),
        "challenger": one.ravel().tolist(), "champion": two.ravel().tolist(),
        "majorityClass": int(np.bincount(labels, minlength=classes).argmax()),
        "randomisation": wanted, "auc": auc_test, "majority": majority_scores(labels, classes),
        "skill": {metric: skill(labels, one, metric, classes, random) for metric in skilled},
    }  # fmt: skip


if __name__ == "__main__":
    versions = {"numpy": np.__version__, "scipy": scipy.__version__, "sklearn": sklearn.__version__}
    comparisons = [
        case("two classes", 1, 240, 2, (1.0, 0.6), [0.5, 0.5]),
        case("a rare class", 2, 300, 2, (1.5, 1.2), [0.9, 0.1]),
        case("guesses", 3, 200, 2, (0.05, 0.0), [0.6, 0.4]),
        case("four classes", 4, 250, 4, (0.8, 0.4), [0.55, 0.25, 0.15, 0.05]),
    ]
    TARGET.write_text(
        json.dumps({"madeBy": versions, "mcnemar": mcnemar_cases(), "comparisons": comparisons}, separators=(",", ":"))
        + "\n"
    )
