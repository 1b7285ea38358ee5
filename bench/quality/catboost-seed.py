"""CatBoost with the seed's settings: a hundred English words, fifty trees. Prints one JSON line."""

import json
import resource
import sys
import time

from catboost import CatBoostClassifier
from rows import read_parts
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score


def main(path: str, text: str, label: str, seed: str = "42") -> dict:
    train, validation, test = read_parts(path, text, label, int(seed))
    started, before = time.perf_counter(), time.process_time()
    vectorizer = TfidfVectorizer(
        max_features=100, lowercase=True, stop_words=list(ENGLISH_STOP_WORDS), token_pattern=r"\b\w+\b"
    )
    x_train = vectorizer.fit_transform(train[0])
    x_validation, x_test = vectorizer.transform(validation[0]), vectorizer.transform(test[0])
    model = CatBoostClassifier(
        iterations=50, learning_rate=0.05, depth=6, l2_leaf_reg=3, random_seed=42, verbose=False,
        allow_writing_files=False,
    )
    model.fit(x_train, train[1], eval_set=(x_validation, validation[1]), use_best_model=False)
    predicted = model.predict(x_test).ravel()
    return {
        "accuracy": accuracy_score(test[1], predicted),
        "macroF1": f1_score(test[1], predicted, average="macro"),
        "seconds": time.perf_counter() - started,
        "cpuSeconds": time.process_time() - before,
        "peakMb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


print(json.dumps(main(*sys.argv[1:4])))
