import { boost } from "@colaml/shared/learning/model/boosting";
import { formatVersionOf, type ModelBundle } from "@colaml/shared/learning/model/model-bundle";
import { CsrBuilder } from "@colaml/shared/learning/text/csr-matrix";
import { fitVocabulary } from "@colaml/shared/learning/text/fit-vocabulary";
import { createTfidfTransform } from "@colaml/shared/learning/text/tfidf-transform";
import { boostingSchema } from "@colaml/shared/settings/boosting-settings";
import { columnsSchema } from "@colaml/shared/settings/columns-settings";
import { featuresSchema, type TfidfSettings } from "@colaml/shared/settings/features-settings";

const SUBJECTS = [
  "the flight",
  "My order",
  "constructor",
  "your café",
  "__proto__",
  "battery",
  "it",
  "WiFi 📶",
];
const VERBS = [
  "is late",
  "arrived broken",
  "works",
  "was great",
  "never came",
  "stopped",
  "costs €5",
  "漢字 ok",
];
const ENDS = ["!!", "", "please help", "thanks @store", "http://t.co/x", "again and again", "toString", "😡"];

/** What tokenizers in two languages may see differently: case, accents, CJK, combining marks. */
const ODDITIES = [
  "",
  " \t\r\n ",
  "İstanbul ΟΔΟΣ Straße ÇA",
  "cafe\u0301 late",
  "नमस्ते works",
  "今日は良い天気 漢字 안녕하세요",
  "x²³ ½ late٣ Ⅻ",
  "under_score __proto__",
  "a\u00adb zero\u200bwidth \u2028 late",
  "ＬＡＴＥ ﬂight K",
];

/** Texts of made-up complaints: all words of three lists, some of them twice; and oddities. */
export function exampleTexts(): string[] {
  const complaints = SUBJECTS.flatMap((subject) =>
    VERBS.flatMap((verb) => ENDS.map((end, i) => `${subject} ${verb} ${i % 3 === 0 ? verb : ""} ${end}`)),
  );
  return [...complaints, ...ODDITIES];
}

/** A bundle trained on the example texts; the classes follow the words. */
export async function exampleBundle(
  settings: Partial<TfidfSettings>,
  classes: string[],
  booster: "gbtree" | "gblinear" = "gbtree",
): Promise<ModelBundle> {
  const texts = exampleTexts();
  const features = featuresSchema.parse(settings);
  const { terms, idf, partSizes } = settings.analyzer ? await fitted(features, texts) : chosen();
  const transform = createTfidfTransform({ features, terms, idf, partSizes });
  const matrix = new CsrBuilder(terms.length);
  const labels = texts.map((text, i) => {
    const row = transform(text);
    matrix.add(row.indices, row.values);
    const mark = text.includes("late") ? 0 : text.includes("works") ? 1 : i % 7 === 0 ? 2 : 1;
    return mark % classes.length;
  });
  const { nRows, nColumns, indptr, indices, data: values } = matrix.build();
  const { ensemble } = await boost({
    matrix: { nRows, nColumns, indptr, indices, values },
    labels,
    classes,
    settings: boostingSchema.parse(
      booster === "gblinear" ? { booster } : { iterations: 15, depth: 5, learning_rate: 0.4 },
    ),
  });
  const vocabulary = { features, terms, ...(partSizes && { partSizes }), idf };
  const columns = columnsSchema.parse({});
  return {
    formatVersion: formatVersionOf({ features, ensemble }),
    classes,
    columns,
    ...vocabulary,
    ensemble,
  };
}

type ExampleVocabulary = Pick<ModelBundle, "terms" | "idf" | "partSizes">;

async function fitted(features: TfidfSettings, texts: readonly string[]): Promise<ExampleVocabulary> {
  return fitVocabulary(features, async (counter) => {
    for (const text of texts) counter.add(text);
  });
}

/** Words that two languages may see differently, and some that tell the classes apart. */
function chosen(): ExampleVocabulary {
  const terms = [
    "cafe",
    "stanbul",
    "οδος",
    "straße",
    "नमस",
    "안녕하세요",
    "width",
    "b",
    "x²³",
    "late٣",
    "ⅻ",
    "k",
    "__proto__",
    "battery",
    "broken",
    "café",
    "constructor",
    "flight",
    "great",
    "help",
    "is late",
    "late",
    "ok",
    "order",
    "please help",
    "stopped",
    "thanks",
    "thanks store",
    "toString",
    "tostring",
    "works",
    "漢字",
  ].sort();
  return { terms, idf: Float64Array.from(terms, (_, i) => 1 + ((i * 7) % 5) / 3) };
}
