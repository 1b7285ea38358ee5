"""Makes packages/shared/test/fixtures/sklearn-{split,tfidf}.json: what scikit-learn says, for our tests to compare with.

    python3 -m venv /tmp/parity && /tmp/parity/bin/pip install scikit-learn pandas
    /tmp/parity/bin/python bench/parity/make-text-fixtures.py [twcs-5k.csv]

All texts are invented here. With the real file given, digests of its split (no row of it) are made as well.
"""

import hashlib
import json
import pathlib
import sys

import numpy
import sklearn
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, TfidfVectorizer
from sklearn.model_selection import train_test_split

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "packages" / "shared" / "test" / "fixtures"

TEXTS = [
    "The flight to Bogotá was LATE again, and nobody told us anything!!",
    "Please DM us your booking number so we can help you further ✈️",
    "my flight is late late late 😡😡 worst service ever",
    "Ça coûte trop cher, l'élève naïf a crié: ÉCOUTEZ!",
    "Straße, STRASSE and strasse: ß is not ẞ",
    "İstanbul ve ısırgan, IĞDIR ile Iğdır",
    "ΟΔΥΣΣΕΥΣ ΣΟΦΟΣ, σοφος σοφός Σ ΑΣ.",
    "客服什么都不知道 真的 客服 非常 慢 2017年",
    "カスタマー サポート は とても 遅い サポート",
    "고객 서비스 서비스 최악",
    "e\u0301cole école e\u0301cole cafe\u0301 café",
    "हिन्दी में सहायता चाहिए सहायता",
    "العربية ١٢٣ ٤٥ خدمة خدمة العملاء",
    "numbers 123 १२३ ①② ½ Ⅷ ²³ 10th x2",
    "constructor __proto__ toString hasOwnProperty constructor __proto__ valueOf",
    "snake_case _private __init__ a_b_c _ __",
    "don't won't it's we're you'd o'clock",
    "@NubeAir #delays https://t.co/AbC123xyZ &amp; http://example.com/a?b=c",
    "tab\tseparated\nnew line\r\ncarriage\u00a0nbsp\u2003em zero\u200bwidth soft\u00adhyphen",
    "👩‍👩‍👧‍👦 family 🇪🇸 flag 👍🏽 tone ❤️ heart 𝒇𝒂𝒏𝒄𝒚 𐐀𐐁 deseret",
    "the the the and of to us we you",
    "a b c d e f g h i j",
    "a a b b c c",
    "zebra apple mango zebra apple mango kiwi",
    "kiwi lemon lemon kiwi fig fig",
    "ﬁne ﬂight ǅ ǆ Ǆ K Å Ω",
    "",
    "!!! ??? ... 😂😂",
    "please help please help us with the refund of my order",
    "refund my order now, order 66 refund please",
    "late order late flight late refund 2 days",
    "thank you so much for the help, have a great day 🙂",
    "\u0130\u0131\u0069\u0049 dotted",
    "Ὀδυσσεύς ᾼ ᾳ ᾈ ﬀ ŉ ǰ ΐ",
    "\U0001e900\U0001e922 adlam \U00010400 x\u0307",
    "mixed日本語text and ascii日本",
]

CASES = {
    "the seed's settings": dict(max_features=100, stop_words="english", token_pattern=r"\b\w+\b"),
    "no limit": dict(max_features=None, stop_words=None, token_pattern=r"\b\w+\b"),
    "ties at the border of max_features": dict(max_features=9, token_pattern=r"\b\w+\b"),
    "one feature": dict(max_features=1, token_pattern=r"\b\w+\b"),
    "upper case kept": dict(lowercase=False, token_pattern=r"\b\w+\b"),
    "a list of stop words": dict(stop_words=["late", "constructor", "客服", "é"], token_pattern=r"\b\w+\b"),
    "scikit-learn's own pattern": dict(token_pattern=r"(?u)\b\w\w+\b"),
    "words with apostrophes": dict(token_pattern=r"[a-z']+"),
    "hashtags and handles": dict(token_pattern=r"[@#]?\w+"),
    "one group": dict(token_pattern=r"(?:https?://)?(\w+)"),
    "digits": dict(token_pattern=r"\d+"),
    "no space": dict(token_pattern=r"\S+"),
    "no word characters": dict(token_pattern=r"[^\w\s]+"),
    "unigrams and bigrams": dict(ngram_range=(1, 2), stop_words="english", token_pattern=r"\b\w+\b"),
    "bigrams and trigrams": dict(ngram_range=(2, 3), token_pattern=r"\b\w+\b"),
    "unigrams to trigrams, few": dict(ngram_range=(1, 3), max_features=25, token_pattern=r"\b\w+\b"),
    "min_df as a count": dict(min_df=2, token_pattern=r"\b\w+\b"),
    "min_df as a share": dict(min_df=0.08, token_pattern=r"\b\w+\b"),
    "max_df as a count": dict(max_df=2, token_pattern=r"\b\w+\b"),
    "max_df as a share": dict(max_df=0.1, token_pattern=r"\b\w+\b"),
    "both bounds and a limit": dict(min_df=2, max_df=0.2, max_features=6, token_pattern=r"\b\w+\b"),
    "sublinear tf": dict(sublinear_tf=True, token_pattern=r"\b\w+\b"),
    "no idf": dict(use_idf=False, token_pattern=r"\b\w+\b"),
    "idf not smooth": dict(smooth_idf=False, token_pattern=r"\b\w+\b"),
    "norm l1": dict(norm="l1", token_pattern=r"\b\w+\b"),
    "no norm": dict(norm=None, sublinear_tf=True, token_pattern=r"\b\w+\b"),
}

UNSEEN = ["Late again: the constructor REFUND of ΣΟΦΟΣ 客服 school", "", "nothing known here xyzzy"]


def our_settings(options):
    ours = dict(options)
    ours["max_features"] = options.get("max_features") or 100_000
    ours["stop_words"] = options.get("stop_words") or "none"
    if "norm" in options:
        ours["norm"] = options["norm"] or "none"
    return ours


def stable_limit(vectorizer, counts, limit):
    """Numpy's default argsort is not stable, so ties at the border differ between machines: take the first ones."""
    order = numpy.argsort(-counts, kind="stable")
    return numpy.sort(order[:limit])


def tfidf_case(options):
    limit = options.get("max_features")
    full = TfidfVectorizer(**{**options, "max_features": None}).fit(TEXTS)
    terms = full.get_feature_names_out()
    counter = TfidfVectorizer(**{**options, "max_features": None, "use_idf": False, "norm": None, "sublinear_tf": False})
    counts = numpy.asarray(counter.fit_transform(TEXTS).sum(axis=0)).ravel()
    chosen = stable_limit(full, counts, limit) if limit and limit < len(terms) else numpy.arange(len(terms))
    fixed = TfidfVectorizer(
        **{k: v for k, v in options.items() if k not in ("max_features", "min_df", "max_df")},
        vocabulary=list(terms[chosen]),
    ).fit(TEXTS)
    direct = TfidfVectorizer(**options).fit(TEXTS)
    # Where no tie decides, the two ways must agree.
    border = numpy.sort(counts)[::-1]
    tie = bool(limit and limit < len(terms) and border[limit - 1] == border[limit])
    if not tie:
        assert list(direct.get_feature_names_out()) == list(terms[chosen]), options
        fixed = direct
    rows = fixed.transform(TEXTS + UNSEEN).tocsr()
    rows.sort_indices()
    return {
        "settings": our_settings(options),
        "tieAtBorder": tie,
        "terms": list(terms[chosen]),
        "idf": fixed.idf_.tolist() if options.get("use_idf", True) else None,
        "indptr": rows.indptr.tolist(),
        "indices": rows.indices.tolist(),
        "data": [float(f"{value:.12g}") for value in rows.data],
    }


def split_cases():
    plain = [(2, 0.5, 0), (5, 0.3, 42), (10, 0.25, 1), (17, 0.3, 4294967295), (100, 0.3, 42), (257, 0.1, 7), (1000, 0.33, 123)]
    cases = []
    for n, test_size, seed in plain:
        train, test = train_test_split(numpy.arange(n), test_size=test_size, random_state=seed)
        cases.append({"n": n, "testSize": test_size, "seed": seed, "train": train.tolist(), "test": test.tolist()})
    rng = numpy.random.RandomState(5)
    strata = [
        ([0, 1] * 10, 0.3, 42),
        ([0, 0, 1, 1, 2, 2], 0.5, 0),
        ([5, 5, 5, 9, 9, 9, 2, 2, 2, 2], 0.4, 3),
        (rng.randint(0, 4, 60).tolist(), 0.3, 42),
        (rng.randint(0, 7, 101).tolist(), 0.25, 99),
        ((rng.random_sample(200) < 0.1).astype(int).tolist(), 0.3, 1),
        ([0] * 7 + [1] * 7 + [2] * 7 + [3] * 7 + [4] * 7, 0.2, 11),
    ]
    for classes, test_size, seed in strata:
        n = len(classes)
        train, test = train_test_split(numpy.arange(n), test_size=test_size, random_state=seed, stratify=classes)
        cases.append(
            {"n": n, "testSize": test_size, "seed": seed, "strata": classes, "train": train.tolist(), "test": test.tolist()}
        )
    return cases


def digest(rows):
    return hashlib.sha256(numpy.asarray(rows, dtype="<u4").tobytes()).hexdigest()


def split_digests():
    """Larger splits as sha256 of the row numbers as little-endian uint32."""
    cases = []
    for n, test_size, seed in [(100_000, 0.3, 42), (65_537, 0.2, 2024)]:
        train, test = train_test_split(numpy.arange(n), test_size=test_size, random_state=seed)
        cases.append({"n": n, "testSize": test_size, "seed": seed, "train": digest(train), "test": digest(test)})
    return cases


def real_case(path):
    import pandas

    # One text holds a carriage return; without this pandas would end the record there.
    frame = pandas.read_csv(path, lineterminator="\n", keep_default_na=False)
    labels = frame["inbound"].astype(str).eq("True").astype(int).tolist()
    rows = numpy.arange(len(labels))
    rest, test = train_test_split(rows, test_size=0.3, random_state=42)
    train, validation = train_test_split(rest, test_size=0.3, random_state=42)
    strat_rest, strat_test = train_test_split(rows, test_size=0.3, random_state=42, stratify=labels)
    texts = frame["text"].tolist()
    vectorizer = TfidfVectorizer(max_features=100, stop_words="english", token_pattern=r"\b\w+\b")
    matrix = vectorizer.fit_transform([texts[row] for row in train])
    tested = vectorizer.transform([texts[row] for row in test])
    names = "\n".join(vectorizer.get_feature_names_out())
    return {
        "rows": len(labels),
        "train": digest(numpy.sort(train)),
        "validation": digest(numpy.sort(validation)),
        "test": digest(test),
        "stratifiedTrain": digest(strat_rest),
        "stratifiedTest": digest(strat_test),
        "terms": hashlib.sha256(names.encode()).hexdigest(),
        "idfSum": float(vectorizer.idf_.sum()),
        "trainEntries": int(matrix.nnz),
        "trainSum": float(matrix.sum()),
        "testEntries": int(tested.nnz),
        "testSum": float(tested.sum()),
    }


def word_ranges():
    """Code points of letters and numbers (\\w), as ranges, below the planes where Unicode still grows."""
    import re
    import unicodedata

    word = re.compile(r"\w")
    flags = [bool(word.match(chr(c))) for c in range(0x10000)]
    edges = [c for c in range(1, 0x10000) if flags[c] != flags[c - 1]]
    return {"unicode": unicodedata.unidata_version, "edges": edges}


def write(name, value):
    FIXTURES.mkdir(parents=True, exist_ok=True)
    path = FIXTURES / name
    path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")
    print(f"{path}: {path.stat().st_size} bytes", file=sys.stderr)


def main():
    made_by = {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__}
    splits = {"madeBy": made_by, "cases": split_cases(), "digests": split_digests()}
    kept = FIXTURES / "sklearn-split.json"
    if len(sys.argv) > 1:
        splits["real"] = real_case(sys.argv[1])
    elif kept.exists():
        splits["real"] = json.loads(kept.read_text()).get("real")
    write("sklearn-split.json", splits)
    tfidf = {"madeBy": made_by, "texts": TEXTS, "unseen": UNSEEN, "stopWords": sorted(ENGLISH_STOP_WORDS)}
    tfidf["cases"] = {name: tfidf_case(options) for name, options in CASES.items()}
    write("sklearn-tfidf.json", tfidf)
    write("python-words.json", word_ranges())


main()
