"""The Python original: pandas in chunks of 1000 rows, scikit-learn, CatBoost, one process, with the seed's settings.

First argument: a file to train on. Then each line of stdin, `INPUT<tab>OUTPUT`, scores a file and answers with one
JSON line. The process stays, as ours do: neither pays for starting in what is measured.
"""

import json
import os
import resource
import sys
import time

import pandas as pd
from catboost import CatBoostClassifier
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer

CHUNK_ROWS = 1000


def train(path: str):
    rows = pd.read_csv(path, usecols=["text", "inbound"], on_bad_lines="skip").dropna(subset=["text", "inbound"])
    labels = (rows["inbound"].astype(str).str.lower() == "true").astype(int)
    vectorizer = TfidfVectorizer(
        max_features=100, lowercase=True, stop_words=list(ENGLISH_STOP_WORDS), token_pattern=r"\b\w+\b"
    )
    model = CatBoostClassifier(
        iterations=50, learning_rate=0.05, depth=6, l2_leaf_reg=3, random_seed=42, verbose=False,
        allow_writing_files=False,
    )
    model.fit(vectorizer.fit_transform(rows["text"]), labels)
    return vectorizer, model


def score(vectorizer, model, source: str, target: str) -> int:
    rows = 0
    first = True
    for chunk in pd.read_csv(source, chunksize=CHUNK_ROWS, usecols=["tweet_id", "text"], on_bad_lines="skip"):
        chunk = chunk.dropna(subset=["text"])
        probabilities = model.predict_proba(vectorizer.transform(chunk["text"]))[:, 1]
        output = pd.DataFrame(
            {
                "id": chunk["tweet_id"].to_numpy(),
                "label": probabilities > 0.5,
                "probability_False": 1 - probabilities,
                "probability_True": probabilities,
                "model_version": 1,
            }
        )
        output.to_csv(target, mode="w" if first else "a", header=first, index=False)
        first = False
        rows += len(chunk)
    return rows


vectorizer, model = train(sys.argv[1])
print(json.dumps({"ready": True, "pid": os.getpid()}), flush=True)
for line in sys.stdin:
    source, target = line.rstrip("\n").split("\t")
    started = time.perf_counter()
    rows = score(vectorizer, model, source, target)
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"rows": rows, "seconds": seconds, "peakMb": peak}), flush=True)
