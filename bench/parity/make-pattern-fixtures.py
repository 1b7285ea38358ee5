"""Writes what Python's `re.findall` finds, for packages/shared/test/text/pattern. Needs Python only (3.11 or newer).

    python bench/parity/make-pattern-fixtures.py

Random patterns of the part of the syntax that ColaML takes, and damaged ones, each with random texts and the tokens;
null for a pattern that Python refuses. Seeded: the same Python writes the same file.
"""

import json
import pathlib
import random
import re
import sys
import warnings

TARGET = pathlib.Path(__file__).resolve().parents[2] / "packages/shared/test/fixtures/python-patterns.json"
PATTERNS, DAMAGED = 1000, 1000
ALPHABET = ["a", "b", "A", "B", "x", "k", "0", "7", "_", " ", "\n", "-", "'", "#", ".", "é", "É", "ß", "ſ", "K", "İ", "ı",
            "ς", "Σ", "日", "٣", "½", "\u0301", "\u00a0", "😀", "𐐀", "𐐨"]
CLASSES = [r"\w", r"\d", r"\s", r"\W", r"\D", r"\S"]
SETS = ["[ab]", "[a-k]", "[^a]", "[\\w'-]", "[^\\W\\d_]", "[A-Z_]", "[]a]", "[^]a]", "[\\d.]", "[\\s-]", "[é-ß]", "[\\x61-\\x62]",
        "[^\\w\\s]", "[\\-a]", "[α-ω]", "[\\S]", "[^\\n]", "[\\101b]", "[\U00010400-\U0001044f]", "[K]"]
LITERALS = ["a", "b", "x", "A", "k", "é", "-", "'", "#", "0", "_", " ", "😀", "ß", "s", "i", "σ", "\\.", "\\u0061", "\\x62", "\\t", "\\-",
            "𐐀", "日", "{", "}", "]", "\\n"]
ASSERTIONS = [r"\b", r"\B", "^", "$", r"\A", r"\Z"]
QUANTIFIERS = ["*", "+", "?", "{2}", "{1,3}", "{2,}", "{,2}", "{0,1}"]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.group_free = True

    def pattern(self):
        while True:
            self.group_free = self.random.random() < 0.4
            text, empty = self.choice(self.random.choice([1, 1, 2]))
            if not empty:
                break
        flags = self.random.choice(["", "", "", "", "(?u)", "(?i)", "(?m)", "(?s)", "(?im)", "(?u)(?i)"])
        return flags + text

    def choice(self, depth):
        branches = [self.sequence(depth) for _ in range(self.random.choice([1, 1, 1, 2, 3]))]
        return "|".join(text for text, _ in branches), any(empty for _, empty in branches)

    def sequence(self, depth):
        items = [self.item(depth) for _ in range(self.random.choice([0, 1, 1, 1, 2, 2, 3]))]
        return "".join(text for text, _ in items), all(empty for _, empty in items)

    def item(self, depth):
        kind = self.random.random()
        if kind < 0.12:
            return self.random.choice(ASSERTIONS), True
        if kind < 0.4 or depth == 0:
            text, empty = self.random.choice(LITERALS + ["."]), False
        elif kind < 0.55:
            text, empty = self.random.choice(CLASSES), False
        elif kind < 0.7:
            text, empty = self.random.choice(SETS), False
        else:
            capture = self.group_free and self.random.random() < 0.4
            if capture:
                self.group_free = False
            inner, empty = self.choice(depth - 1)
            start = self.random.choice(["(", "(?P<name>"]) if capture else "(?:"
            text = f"{start}{inner})"
        if self.random.random() < 0.45:
            allowed = ["?", "{,1}", "{1}"] if empty else QUANTIFIERS
            quantifier = self.random.choice(allowed)
            text += quantifier + self.random.choice(["", "", "?"])
            empty = empty or quantifier[0] in "*?" or quantifier in ("{,2}", "{0,1}", "{,1}")
        return text, empty

    def text(self, pattern, length):
        """Characters of the pattern, a few others, and now and then any."""
        few = [char for char in pattern if char not in "()|?*+{}[]^$\\"][:6] + self.random.sample(ALPHABET, 3)
        return "".join(self.random.choice(few if self.random.random() < 0.8 else ALPHABET) for _ in range(self.random.randint(0, length)))

    def damaged(self, patterns):
        text = list(self.random.choice(patterns))
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randint(0, len(text))
            what = self.random.random()
            if what < 0.4 and at < len(text):
                del text[at]
            elif what < 0.8:
                text.insert(at, self.random.choice(list(r"()[]{}?*+|\^$.-,:<>=!Pabwdsnxu01") + ["(?:", "(?P<n>", "\\", "{2", "[^", "(?i)"]))
            elif len(text) > 1:
                other = self.random.randrange(len(text))
                at = min(at, len(text) - 1)
                text[at], text[other] = text[other], text[at]
        return "".join(text)


def found(pattern, texts):
    try:
        expression = re.compile(pattern)
    except (re.error, OverflowError):
        return None
    if expression.groups > 1:
        return None
    return [[text, expression.findall(text)] for text in texts]


def main():
    warnings.simplefilter("ignore")
    generator = Generator(10)
    patterns = [generator.pattern() for _ in range(PATTERNS)]
    cases = [[pattern, found(pattern, [generator.text(pattern, 24) for _ in range(3)])] for pattern in patterns]
    damaged = [generator.damaged(patterns) for _ in range(DAMAGED)]
    # Short texts: some of these take exponential time.
    hurt = [[pattern, found(pattern, [generator.text(pattern, 10) for _ in range(2)])] for pattern in damaged]
    made_by = {"python": sys.version.split()[0]}
    text = json.dumps({"madeBy": made_by, "patterns": cases, "damaged": hurt}, ensure_ascii=True, separators=(",", ":"))
    TARGET.write_text(text.replace("],[\"", "],\n[\"") + "\n")
    print(f"{TARGET}: {TARGET.stat().st_size} bytes, {sum(c[1] is None for c in cases)} of {PATTERNS} and "
          f"{sum(c[1] is None for c in hurt)} of {DAMAGED} refused by Python", file=sys.stderr)


main()
