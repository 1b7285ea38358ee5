import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { receiptPath, verifyReceipt } from "@colaml/shared/contracts/receipt";
import { parse } from "csv-parse/sync";
import { openPredictorBench, type PredictorBench } from "../predictor-bench";
import { publishBundle, tweetBundle } from "../tweet-model";

let bench: PredictorBench;
let model: string;

beforeAll(async () => {
  bench = await openPredictorBench();
  model = `models:/${await publishBundle(tweetBundle())}/1`;
  await bench.start();
}, 60_000);
afterAll(() => bench.close());

const run = async (job: Parameters<PredictorBench["submit"]>[0]) =>
  bench.result(await bench.submit({ model, ...job }));

it("texts of another language than the model's are all one answer: the result, the log and the receipt say so", async () => {
  const path = join(bench.folder, "spanish.csv");
  const texts = ["mi pedido nunca llegó", "¿dónde está el vuelo?", "gracias por su ayuda", "please help"];
  await writeFile(path, `tweet_id,text\n${texts.map((text, i) => `${i},${text}\n`).join("")}`);
  const output = join(bench.folder, "spanish-out.csv");
  const result = await run({ input: { path }, output });
  const rows = parse(await readFile(output), { columns: true }) as Record<string, string>[];
  const answers = rows.map((row) => [row["label"], row["probability_True"]].join());
  expect(new Set(answers.slice(0, 3)).size).toBe(1);
  expect(result.withoutKnownWords).toEqual({ rows: 3, label: rows[0]!["label"] });
  const warning = `3 of 4; each gets the same answer (label ${rows[0]!["label"]})`;
  expect(result.warnings).toEqual([expect.stringContaining(warning)]);
  expect(bench.logs()).toContain(warning);
  const { receipt, problems } = await verifyReceipt(output);
  expect([receipt.withoutKnownWords, problems]).toEqual([result.withoutKnownWords, []]);
  // a receipt must not count more of them than there are rows, nor other reasons than rejected rows
  const forged = { ...receipt, withoutKnownWords: { rows: 5 }, rejectedByReason: { "no text": 1 } };
  await writeFile(receiptPath(output), JSON.stringify(forged));
  expect((await verifyReceipt(output)).problems).toEqual([
    "the reasons count 1 rejected rows, the receipt says 0",
    "5 rows without a known word, but 4 rows out",
  ]);
  // an earlier release counted neither
  const { withoutKnownWords: _, rejectedByReason: __, ...earlier } = receipt;
  await writeFile(receiptPath(output), JSON.stringify(earlier));
  expect((await verifyReceipt(output)).problems).toEqual([]);
});

it("a file without a row to score fails the job with the reasons, and nothing is left", async () => {
  const path = join(bench.folder, "blank.csv");
  await writeFile(path, "tweet_id,text\n1,\n2, \n3,too,many\n");
  const output = join(bench.folder, "nothing-out.csv");
  await expect(run({ input: { path }, output })).rejects.toThrow(
    /^TOO_MANY_REJECTED: 3 of 3 rows of .*blank\.csv were rejected \(no text: 2, wrong number of fields: 1\); /,
  );
  expect((await readdir(bench.folder)).filter((name) => name.includes("nothing-out"))).toEqual([]);
  expect(await run({ input: { path }, output, maxRejected: 3 })).toMatchObject({ rows: 0, rejected: 3 });
  expect(await readFile(`${output}.rejected.csv`, "utf8")).toBe(
    "line,reason\n2,no text\n3,no text\n4,wrong number of fields\n",
  );
});

it("the decisions of a model with a rule are counted in the result and the receipt, and ids are found behind them", async () => {
  const decision = { thresholds: [0.55], abstainBelow: 0.52, abstainWord: "ask" };
  const decides = `models:/${await publishBundle({ ...tweetBundle(), formatVersion: 3, decision })}/1`;
  const path = join(bench.folder, "decided.csv");
  const words = ["please help", "thanks", "dm us", "help me please", "unknown"];
  const lines = Array.from({ length: 500 }, (_, i) => `${i % 490},${words[i % 5]}${i % 7 ? "" : " us"}\n`);
  await writeFile(path, `tweet_id,text\n${lines.join("")}`);
  const output = join(bench.folder, "decided-out.csv");
  const result = await run({ input: { path }, output, model: decides });
  const rows = parse(await readFile(output), { columns: true }) as Record<string, string>[];
  const expected = rows.map((row) => {
    const p = Number(row["probability_True"]);
    if (Math.max(p, 1 - p) < 0.52) return "ask";
    return p > 0.55 ? "True" : "False";
  });
  expect(rows.map((row) => row["decision"])).toEqual(expected);
  const count = (name: string) => expected.filter((each) => each === name).length;
  const counts = {
    byClass: ["False", "True"].map((label) => ({ label, rows: count(label) })),
    abstained: { word: "ask", rows: count("ask") },
  };
  expect(result.decisions).toEqual(counts);
  expect(result.repeatedIds?.rows).toBe(10);
  const { receipt, problems } = await verifyReceipt(output);
  expect([receipt.decisions, problems]).toEqual([counts, []]);
  const forged = { ...receipt, decisions: { ...counts, abstained: { word: "ask", rows: 501 } } };
  await writeFile(receiptPath(output), JSON.stringify(forged));
  expect((await verifyReceipt(output)).problems[0]).toMatch(/rows decided or abstained on, but 500 rows out/);
  const inline = await bench.result(await bench.submit({ model: decides, texts: ["please help", "thanks"] }));
  expect(inline.predictions!.map(({ decision: said }) => said)).toEqual(
    rows.slice(0, 2).map((row) => row["decision"]),
  );
});
