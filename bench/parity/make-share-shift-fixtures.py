"""Expected values of quality if the classes' shares moved, by definition and from scipy and scikit-learn.

    .colaml/python-test/bin/python bench/parity/make-share-shift-fixtures.py

The shares are found by numerical maximisation of the likelihood (scipy), not by the expectation and maximisation that
ColaML uses: both have the same maximum.
"""

import json
from pathlib import Path

import numpy as np
import scipy
import sklearn
from scipy.optimize import minimize
from scipy.special import softmax
from sklearn.metrics import roc_auc_score

random = np.random.default_rng(42)
OUT = Path(__file__).parents[2] / "packages/monitor-worker/test/fixtures/share-shift.json"


def window(means, training, now, n):
    """Rows of a one-dimensional normal of each class, and their exact chances under the training's shares."""
    actual = random.choice(len(now), n, p=now)
    x = means[actual] + random.normal(size=n)
    density = np.exp(-0.5 * (x[:, None] - means[None, :]) ** 2)
    joint = density * training
    return actual, np.round(joint / joint.sum(axis=1, keepdims=True), 6)


def likeliest_shares(chances, training):
    """Shares that maximise sum(log(sum_k share_k / training_k * chance_k)), over the simplex."""
    def loss(free):
        shares = softmax(np.append(free, 0))
        return -np.log(chances @ (shares / training)).sum()

    found = minimize(loss, np.log(training[:-1] / training[-1]), method="BFGS", options={"gtol": 1e-7})
    return softmax(np.append(found.x, 0))


def expected(chances, predicted, probabilities):
    """Each row counts as many rows as it has classes, weighed by the chances: scikit-learn's area of those."""
    n, k = chances.shape
    correct = chances[np.arange(n), predicted].sum()
    areas = [
        roc_auc_score(np.r_[np.ones(n), np.zeros(n)], np.r_[probabilities[:, c], probabilities[:, c]], sample_weight=np.r_[chances[:, c], 1 - chances[:, c]])
        for c in range(k)
    ]
    area = areas[1] if k == 2 else np.average(areas, weights=chances.sum(axis=0))
    return {"accuracy_score": float(correct / n), "roc_auc": float(area)}


def case(means, training, now, n):
    means, training = np.array(means), np.array(training)
    actual, chances = window(means, training, now, n)
    predicted = chances.argmax(axis=1)
    shares = likeliest_shares(chances, training)
    weighed = chances * shares / training
    weighed /= weighed.sum(axis=1, keepdims=True)
    return {
        "training": training.tolist(),
        "probabilities": chances.tolist(),
        "predicted": predicted.tolist(),
        "textsShifted": expected(chances, predicted, chances),
        "shares": shares.tolist(),
        "sharesShifted": expected(weighed, predicted, chances),
        "realised": {
            "shares": (np.bincount(actual, minlength=len(now)) / n).tolist(),
            "accuracy_score": float((actual == predicted).mean()),
        },
    }


OUT.write_text(
    json.dumps(
        {
            "made": f"numpy {np.__version__}, scipy {scipy.__version__}, scikit-learn {sklearn.__version__}",
            "binary": case([0, 1.6], [0.75, 0.25], [0.25, 0.75], 600),
            "multiclass": case([0, 1.6, 3.2], [0.6, 0.25, 0.15], [0.2, 0.2, 0.6], 600),
        }
    )
    + "\n"
)
