import { writeFileSync } from "node:fs";
import { seededRandom } from "@colaml/shared/learning/data/seeded-random";

/** Share of labels that are wrong. */
const FLIPPED = 0.05;

/** Rows as CSV text, header first. */
const csv = (rows: readonly string[]) => `${["text,inbound", ...rows].join("\n")}\n`;

/** Nonsense words with labels by coin: nothing can be learned from them. */
export function writeNoise(path: string, rows: number, seed: number): void {
  const random = seededRandom(seed);
  const word = () => `zq${Math.floor(random() * 400)}`;
  const text = () => Array.from({ length: 8 }, word).join(" ");
  writeFileSync(path, csv(Array.from({ length: rows }, () => `${text()},${random() < 0.5}`)));
}

/**
 * Texts of many words, each of which speaks a little for one of two classes, and some labels that are wrong: more rows
 * teach more, and trees that grow long enough learn their own rows by heart. The first n rows are the same whatever
 * `rows` is.
 */
export function learnableRows(rows: number, seed: number): string[] {
  const random = seededRandom(seed);
  const words = 300;
  const weight = Float64Array.from({ length: words }, () => random() - 0.5);
  return Array.from({ length: rows }, (_, i) => {
    const chosen = Array.from({ length: 10 }, () => Math.floor(random() * random() * words));
    const sum = chosen.reduce((total, word) => total + weight[word]!, 0);
    const label = sum > 0 !== random() < FLIPPED;
    return `${chosen.map((word) => `w${word}`).join(" ")} n${i},${label}`;
  });
}

export function writeRows(path: string, rows: readonly string[]): void {
  writeFileSync(path, csv(rows));
}
