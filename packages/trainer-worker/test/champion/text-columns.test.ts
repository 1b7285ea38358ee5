import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stopWordsByLanguage } from "@colaml/shared/learning/text/stop-word-lists";
import { candidate, judge } from "./local-check";

const folder = mkdtempSync(join(tmpdir(), "colaml-columns-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The class stands in the subject of one half of the rows, in the body of the other. */
function writeMails(name: string, n: number): string {
  const path = join(folder, name);
  const lines = Array.from({ length: n }, (_, i) => {
    const label = i % 3 === 0 ? "pago" : "fallo";
    const word = label === "pago" ? "factura" : "pantalla";
    const rest = `no me gusta cuando esto pasa en el mes ${i}`;
    return i % 2 === 0 ? `${word},${rest},${label}` : `hola,${rest} ${word},${label}`;
  });
  writeFileSync(path, `asunto,cuerpo,equipo\n${lines.join("\n")}\n`);
  return path;
}

const columns = (text: string | string[]) => ({ text, label: "equipo", id: "id" });
const boosting = { iterations: 20, learning_rate: 0.5 };

describe("a training on two text columns", () => {
  it("learns what neither column says by itself, and its model keeps columns and stop words", async () => {
    const path = writeMails("mails.csv", 600);
    const features = { stop_words: "es" };
    const both = await candidate(path, { columns: columns(["asunto", "cuerpo"]), features, boosting });
    const one = await candidate(path, { columns: columns("cuerpo"), features, boosting });
    expect(both.trained.metrics.test.accuracy_score).toBe(1);
    expect(one.trained.metrics.test.accuracy_score).toBeLessThan(0.95);
    expect(both.loaded.bundle.columns.text).toEqual(["asunto", "cuerpo"]);
    const kept = both.loaded.bundle.features.stop_words as string[];
    expect(stopWordsByLanguage()["es"]!.filter((word) => /^\w+$/.test(word) && !kept.includes(word))).toEqual(
      [],
    );
    expect(both.loaded.bundle.terms).not.toContain("cuando");
    expect(both.trained.language?.code).toBe("es");
  });

  it("against a champion of other columns says that they were not the champion's", async () => {
    const path = writeMails("again.csv", 600);
    const champion = await candidate(path, { columns: columns("cuerpo"), boosting });
    const challenger = await candidate(path, { columns: columns(["asunto", "cuerpo"]), boosting }, "2");
    const { notes } = await judge(challenger, champion, {}, { asIfUnseen: true });
    expect(notes).toContain(
      'champion version 1: it was trained on column "cuerpo" and compared on columns "asunto", "cuerpo", the challenger\'s: it may be better on its own',
    );
    expect((await judge(challenger, challenger, {}, { asIfUnseen: true })).notes.join()).not.toMatch(
      /trained on col/,
    );
  });
});
