"""Scores texts with scikit-learn's vectorizers of words and characters and a linear model, in one process.

Arguments: a CSV file with the columns text and inbound, a folder, features of words and of characters. Fits on the
file's first half, writes the vectorizers and the model to the folder as `fitted.json`, and the second half as
`rows.csv`. Then each line of stdin scores those rows, all in memory already, and is answered with one JSON line.
"""

import json
import pathlib
import sys
import time

import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

path, folder, n_words, n_chars = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
rows = pd.read_csv(path, usecols=["tweet_id", "text", "inbound"], lineterminator="\n").dropna()
half = len(rows) // 2
labels = (rows["inbound"].astype(str).str.lower() == "true").astype(int)
union = FeatureUnion(
    [
        (
            "words",
            TfidfVectorizer(token_pattern=r"\b\w+\b", ngram_range=(1, 2), sublinear_tf=True, max_features=n_words),
        ),
        (
            "chars",
            TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, max_features=n_chars),
        ),
    ]
)
model = LinearSVC().fit(union.fit_transform(rows["text"][:half]), labels[:half])
parts = [vectorizer for _, vectorizer in union.transformer_list]
fitted = {
    "terms": [term for part in parts for term in part.get_feature_names_out()],
    "partSizes": [len(part.idf_) for part in parts],
    "idf": [float(value) for part in parts for value in part.idf_],
    "weights": model.coef_[0].tolist(),
    "bias": float(model.intercept_[0]),
}
(folder / "fitted.json").write_text(json.dumps(fitted))
rows[half:][["tweet_id", "text"]].to_csv(folder / "rows.csv", index=False, lineterminator="\n")
texts = rows["text"][half:].tolist()
matrix = union.transform(texts[:1])
print(json.dumps({"ready": True, "rows": len(texts), "features": len(fitted["terms"])}), flush=True)
for _ in sys.stdin:
    started = time.perf_counter()
    matrix = union.transform(texts)
    scores = model.decision_function(matrix)
    seconds = time.perf_counter() - started
    print(json.dumps({"rows": len(scores), "seconds": seconds, "entries": int(matrix.nnz)}), flush=True)
