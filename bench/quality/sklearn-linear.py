"""scikit-learn's best linear model of words and characters: C and the kind of model chosen on validation rows, as a
good practitioner would; or a LinearSVC of C = 1 only. Prints one JSON line.

python sklearn-linear.py FILE TEXT_COLUMN LABEL_COLUMN best|one
"""

import json
import resource
import sys
import time

from rows import read_parts
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC

# A logistic regression of many classes takes minutes, and is no better.
MOST_LOGISTIC_CLASSES = 10


def candidates(classes: int, which: str) -> list:
    if which == "one":
        return [LinearSVC(C=1)]
    logistic = [LogisticRegression(C=c, max_iter=300) for c in (1, 10, 100)]
    return [LinearSVC(C=c) for c in (0.03, 0.1, 0.3, 1, 3)] + (logistic if classes <= MOST_LOGISTIC_CLASSES else [])


def main(path: str, text: str, label: str, which: str, seed: str = "42") -> dict:
    train, validation, test = read_parts(path, text, label, int(seed))
    started, before = time.perf_counter(), time.process_time()
    vectorizer = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, max_features=20_000, token_pattern=r"\b\w+\b"),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=50_000),
    )
    x_train = vectorizer.fit_transform(train[0])
    x_validation, x_test = vectorizer.transform(validation[0]), vectorizer.transform(test[0])
    best = max(
        (model.fit(x_train, train[1]) for model in candidates(train[1].nunique(), which)),
        key=lambda model: accuracy_score(validation[1], model.predict(x_validation)),
    )
    predicted = best.predict(x_test)
    return {
        "model": str(best),
        "accuracy": accuracy_score(test[1], predicted),
        "macroF1": f1_score(test[1], predicted, average="macro"),
        "validation": accuracy_score(validation[1], best.predict(x_validation)),
        "seconds": time.perf_counter() - started,
        "cpuSeconds": time.process_time() - before,
        "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


print(json.dumps(main(*sys.argv[1:5])))
