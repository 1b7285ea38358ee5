import { seededRandom } from "@colaml/shared/learning/data/seeded-random";
import type { GoldenSample } from "@colaml/shared/learning/model/golden-sample";
import type { ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { createTextScorer } from "../scoring/text-scorer";

const SAMPLE_TEXTS = 100;
const MOST_WORDS = 24;
const SEED = 20_171_031;
/** What every tokenizer must get right: nothing, case, emoji, accents, CJK, combining marks, markup. */
const FIXED_TEXTS = [
  "",
  "   ",
  "HELLO hello HeLLo",
  "🤥 💯 👩‍👩‍👧",
  "mañana ça Straße ΟΔΟΣ İstanbul",
  "今日は良い天気 안녕하세요",
  "cafe\u0301 नमस्ते",
  "<a href='https://t.co/x'>@user_1 &amp; #tag</a>",
];

/**
 * Texts with the probabilities the model gave them in training. The texts are made of the model's own terms, drawn
 * by a fixed seed, and of fixed oddities: no customer's text is stored.
 */
export function goldenSample(bundle: ModelBundle): GoldenSample {
  const random = seededRandom(SEED);
  const texts = [...FIXED_TEXTS];
  while (texts.length < SAMPLE_TEXTS) {
    const words = 1 + Math.floor(random() * MOST_WORDS);
    texts.push(
      Array.from({ length: words }, () => bundle.terms[Math.floor(random() * bundle.terms.length)]).join(" "),
    );
  }
  const scorer = createTextScorer(bundle);
  return { formatVersion: 1, texts, probabilities: texts.map((text) => Array.from(scorer.score(text))) };
}
