import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPredictedRows } from "@colaml/monitor-worker/rows/predicted-rows";

const folder = mkdtempSync(join(tmpdir(), "colaml-predicted-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function textsOf(content: string, text: string | string[]) {
  const path = join(folder, "scored.csv");
  writeFileSync(path, content);
  const { hasTexts, batches } = await openPredictedRows(path, text, { classes: ["a", "b"] });
  const texts: (string | undefined)[] = [];
  for await (const rows of batches()) texts.push(...(rows.texts ?? []));
  return { hasTexts, texts };
}

const OWN = "id,label,probability_a,probability_b,model_version";
const ROW = "1,a,0.900000000,0.100000000,3";

describe("the texts of finished predictions", () => {
  it("are joined from all text columns, as the predictor joined them", async () => {
    const content = `${OWN},body,subject\n${ROW},where is it,Refund\n${ROW},NA,only a subject\n`;
    expect(await textsOf(content, ["subject", "body"])).toEqual({
      hasTexts: true,
      texts: ["Refund\nwhere is it", "only a subject\n"],
    });
    expect((await textsOf(content, "body")).texts).toEqual(["where is it", "NA"]);
  });

  it("are absent if one of the text columns was not passed through", async () => {
    expect(await textsOf(`${OWN},body\n${ROW},x\n`, ["subject", "body"])).toEqual({
      hasTexts: false,
      texts: [],
    });
  });
});
