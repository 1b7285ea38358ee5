"""Makes packages/shared/test/fixtures/sklearn-chars.json: n-grams of characters and unions as scikit-learn has them.

    python3 -m venv /tmp/parity && /tmp/parity/bin/pip install scikit-learn
    /tmp/parity/bin/python bench/parity/make-char-fixtures.py

All texts are invented here.
"""

import json
import pathlib
import unicodedata

import numpy
import sklearn
from sklearn.feature_extraction.text import (
    TfidfVectorizer,
    strip_accents_ascii,
    strip_accents_unicode,
)
from sklearn.pipeline import FeatureUnion

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "packages" / "shared" / "test" / "fixtures"

TEXTS = [
    "The flight to Bogotá was LATE again!!",
    "tab\tseparated\n\n new  line\r\nend\u00a0\u00a0nbsp\u2003em \x1c\x1d file \x85 next\u2028line",
    "\u3000\u3000 ideographic\u3000space  ",
    " \t ",
    "",
    "a",
    "ab c",
    "I",
    "zero\u200bwidth \ufeffbom\ufeff soft\u00adhyphen \u180e",
    "İstanbul ISPARTA ıĞ ΟΔΥΣΣΕΥΣ ΣΟΦΟΣ Σ. straße ẞ",
    "e\u0301cole école E\u0301COLE ÉCOLE cafe\u0301\u0300",
    "ﬁne ﬂight Å K Ω ǅ ⅷ ① ½ ａｂｃ",
    "हिन्दी में सहायता চাই தமிழ்",
    "العربية خِدمة שָׁלוֹם",
    "客服什么都不知道，非常慢。2017年",
    "カスタマー ｶﾞ ガ が 고객 서비스",
    "👩‍👩‍👧‍👦 😀😀😀 🇪🇸 𝒇𝒂𝒏𝒄𝒚 𐐀𐐁 𠜎𠜱",
    "x\u0345\u0301 ᾳ ᾼ \u0345",
    "aaaaaaa aaaa aa a",
    "the the THE of and to",
    "Please help: @NubeAir #late https://t.co/AbC123xyZ &amp;",
    "late late flight, please please please",
]
UNSEEN = ["Late  LATE\tflíght 😀 客服 ΣΟΦΟΣ xyzzy", "", " ", "q"]

WORD = dict(analyzer="word", token_pattern=r"\b\w+\b")
CASES = {
    "char": [dict(analyzer="char", ngram_range=(1, 3))],
    "char, longer n-grams": [dict(analyzer="char", ngram_range=(3, 5))],
    "char, case kept": [dict(analyzer="char", ngram_range=(2, 2), lowercase=False)],
    "char_wb": [dict(analyzer="char_wb", ngram_range=(2, 5))],
    "char_wb, single characters": [dict(analyzer="char_wb", ngram_range=(1, 2))],
    "char_wb, words shorter than every n-gram": [dict(analyzer="char_wb", ngram_range=(5, 5))],
    "char_wb, no limit of documents, few": [dict(analyzer="char_wb", ngram_range=(2, 4), max_features=40)],
    "char_wb, bounds of documents, sublinear": [
        dict(analyzer="char_wb", ngram_range=(1, 3), min_df=2, max_df=0.5, sublinear_tf=True)
    ],
    "char_wb, accents off": [dict(analyzer="char_wb", ngram_range=(1, 3), strip_accents="unicode")],
    "char, ASCII only": [dict(analyzer="char", ngram_range=(1, 3), strip_accents="ascii")],
    "char_wb, ASCII only, case kept": [
        dict(analyzer="char_wb", ngram_range=(2, 3), strip_accents="ascii", lowercase=False)
    ],
    "words, accents off": [dict(**WORD, strip_accents="unicode", ngram_range=(1, 2))],
    "words, ASCII only": [dict(**WORD, strip_accents="ascii")],
    "words and characters": [
        dict(**WORD, ngram_range=(1, 2), max_features=60, sublinear_tf=True, min_df=1),
        dict(analyzer="char_wb", ngram_range=(2, 5), max_features=300, sublinear_tf=True, min_df=1),
    ],
    "characters and words, norm l1": [
        dict(analyzer="char", ngram_range=(1, 2), norm="l1", min_df=2),
        dict(**WORD, norm="l1", min_df=2),
    ],
    "all three, no norm, accents off": [
        dict(**WORD, norm=None, strip_accents="unicode"),
        dict(analyzer="char", ngram_range=(2, 3), norm=None, strip_accents="unicode"),
        dict(analyzer="char_wb", ngram_range=(2, 3), norm=None, strip_accents="unicode"),
    ],
}


def without_ties(options):
    """Numpy's argsort is not stable: of equal counts at the border of max_features the first terms are fixed here."""
    limit = options.get("max_features")
    if limit is None:
        return TfidfVectorizer(**options).fit(TEXTS)
    plain = {**options, "max_features": None}
    counter = TfidfVectorizer(**{**plain, "use_idf": False, "norm": None, "sublinear_tf": False})
    counts = numpy.asarray(counter.fit_transform(TEXTS).sum(axis=0)).ravel()
    chosen = numpy.sort(numpy.argsort(-counts, kind="stable")[:limit])
    terms = counter.get_feature_names_out()[chosen]
    return TfidfVectorizer(**plain | {"min_df": 1, "max_df": 1.0}, vocabulary=list(terms)).fit(TEXTS)


def our_settings(parts):
    ours = {"analyzer": [part["analyzer"] for part in parts], "stop_words": "none"}
    if len(parts) == 1:
        ours["analyzer"] = parts[0]["analyzer"]
    for part in parts:
        prefix = "" if part["analyzer"] == "word" or len(parts) == 1 else "char_"
        ours[prefix + "ngram_range"] = part.get("ngram_range", (1, 1))
        ours[prefix + "max_features"] = part.get("max_features") or 100_000
        for name in ("strip_accents", "lowercase", "sublinear_tf", "min_df", "max_df", "norm"):
            if name in part:
                ours[name] = part[name] or "none"
    if parts[0].get("lowercase") is False:
        ours["lowercase"] = False
    return ours


def case(parts):
    fitted = [without_ties(part) for part in parts]
    # A union of fitted vectorizers transforms without being fitted again.
    union = FeatureUnion([(str(i), vectorizer) for i, vectorizer in enumerate(fitted)])
    rows = union.transform(TEXTS + UNSEEN).tocsr()
    rows.sort_indices()
    return {
        "settings": our_settings(parts),
        "terms": [term for vectorizer in fitted for term in vectorizer.get_feature_names_out()],
        "partSizes": [len(vectorizer.idf_) for vectorizer in fitted],
        "idf": [float(f"{value:.12g}") for vectorizer in fitted for value in vectorizer.idf_],
        "tokens": fitted[0].build_analyzer()(TEXTS[1] + TEXTS[9]),
        "indptr": rows.indptr.tolist(),
        "indices": rows.indices.tolist(),
        "data": [float(f"{value:.10g}") for value in rows.data],
    }


def characters():
    """What each code point below the planes that still grow becomes, if it does not stay as it is."""
    spaces = [c for c in range(0x110000) if chr(c).isspace()]
    combining = [c for c in range(0x1E000) if unicodedata.combining(chr(c))]
    accents = {}
    for c in range(0x80, 0x3000):
        text = chr(c)
        if unicodedata.category(text) == "Cn":
            continue
        both = [strip_accents_unicode(text), strip_accents_ascii(text)]
        if both != [text, ""]:
            accents[str(c)] = both
    return {"unicode": unicodedata.unidata_version, "spaces": spaces, "combining": combining, "accents": accents}


value = {
    "madeBy": {"scikit-learn": sklearn.__version__, "numpy": numpy.__version__},
    "texts": TEXTS,
    "unseen": UNSEEN,
    "characters": characters(),
    "cases": {name: case(parts) for name, parts in CASES.items()},
}
path = FIXTURES / "sklearn-chars.json"
path.write_text(json.dumps(value, ensure_ascii=True, separators=(",", ":")) + "\n")
print(path, path.stat().st_size)
