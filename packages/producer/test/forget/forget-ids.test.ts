import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { forgetIds } from "@colaml/producer/forget/forget-ids";
import { runCola } from "../cli/cola-process";

const DELIVERY = `labels/m/000000001-${"a".repeat(64)}.ndjson`;
const LATER = `labels/m/000000002-${"b".repeat(64)}.ndjson`;
const GONE = "570306133677760513";
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "forget-"));
  const files = {
    [DELIVERY]: `["${GONE}","True"]\n["7","False"]\n["5703061336777605131","True"]\n`,
    [LATER]: `["${GONE}","False"]\n`,
    "reports/check.html": `<p>row ${GONE}, 7 rows; 5703061336777605131; a&amp;b&lt;c&gt;d</p>`,
    "alerts/incidents/i-1/firing.json": `{"v":1,"message":"ids such as ${GONE}","value":7}\n`,
    "alerts/delivered/i-1.json": `{"message":"${GONE}-${GONE}"}\n`,
    "spool/results/0a.json": `{"runId":"r","warnings":["ids such as ${GONE}"]}\n`,
    "spool-checks/000-1/artifacts/report.html": `<td>${GONE}</td>`,
    "spool-checks/000-1/publication.json": `{"v":1,"record":{"tags":{"note":"${GONE}"}}}\n`,
    "spool/000-2/model/bundle.json": `{"terms":["${GONE}"]}\n`,
    "demo/predictions.csv": `id,label,text\n${GONE},True,"I am\nAna"\n8,False,hi\n`,
    "demo/report.html": "<p>7 rows</p>",
    "models/m/1/bundle.json": `{"terms":["${GONE}"]}\n`,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
});
afterEach(() => rmSync(folder, { recursive: true }));

const textOf = (path: string) => readFileSync(join(folder, path), "utf8");
const everything = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => [entry.name, readFileSync(join(entry.parentPath, entry.name), "utf8")]);

const FOUND = {
  labels: { files: 2, places: 3 },
  reports: { files: 1, places: 2 },
  alerts: { files: 2, places: 3 },
  publications: { files: 3, places: 3 },
  demo: { files: 1, places: 1 },
  shortIds: 1,
};

describe("ids that are to be forgotten", () => {
  const ids = new Set([GONE, "7", "a&b<c>d", "never-seen"]);

  it("are counted by a dry run, which changes nothing", async () => {
    const before = everything();
    expect(await forgetIds(folder, ids, false)).toEqual(FOUND);
    expect(everything()).toEqual(before);
  });

  it.each(['["7","Fal', '{"id":"7"}', '"7x"', "null", "[7]", ""])(
    "are not looked for behind a damaged line of labels, which is refused without showing it: %j",
    async (line) => {
      writeFileSync(join(folder, LATER), `["8","True"]\n${line}\n`);
      const before = everything();
      await expect(forgetIds(folder, ids, false)).rejects.toMatchObject({
        code: "INPUT_UNREADABLE",
        message: `${join(folder, LATER)} holds a line that is not \`[id, label]\`: mend or remove it`,
      });
      expect(everything()).toEqual(before);
    },
  );

  it("are erased whole, and nothing else: neither longer ids nor numbers that look like short ones", async () => {
    expect(await forgetIds(folder, ids, true)).toEqual(FOUND);
    expect(textOf(DELIVERY)).toBe('["5703061336777605131","True"]\n');
    expect(textOf(LATER)).toBe("");
    expect(textOf("reports/check.html")).toBe(
      "<p>row [forgotten], 7 rows; 5703061336777605131; [forgotten]</p>",
    );
    expect(textOf("alerts/incidents/i-1/firing.json")).toBe(
      '{"v":1,"message":"ids such as [forgotten]","value":7}\n',
    );
    expect(textOf("alerts/delivered/i-1.json")).toBe('{"message":"[forgotten]-[forgotten]"}\n');
    const none = { files: 0, places: 0 };
    expect(await forgetIds(folder, ids, true)).toEqual({
      ...FOUND,
      labels: none,
      reports: none,
      alerts: none,
      publications: none,
      demo: none,
    });
    expect(textOf("spool/results/0a.json")).toBe('{"runId":"r","warnings":["ids such as [forgotten]"]}\n');
    expect(textOf("spool-checks/000-1/artifacts/report.html")).toBe("<td>[forgotten]</td>");
    expect(textOf("spool/000-2/model/bundle.json")).toContain(GONE);
    expect(existsSync(join(folder, "demo/predictions.csv"))).toBe(false);
    expect(textOf("demo/report.html")).toBe("<p>7 rows</p>");
  });

  it("are none in a folder that is not there", async () => {
    const none = { files: 0, places: 0 };
    expect(await forgetIds(join(folder, "no"), ids, true)).toMatchObject({ labels: none, alerts: none });
  });
});

it("cola forget counts first, says what else may hold them, and erases by --yes", async () => {
  writeFileSync(join(folder, "ids.txt"), `\ufeff${GONE}\r\n\n7\n`);
  const env = { COLAML_STATE_DIR: folder };
  const dry = await runCola(["forget", "--ids", "ids.txt"], env, folder);
  expect([dry.code, dry.stderr]).toEqual([0, ""]);
  expect(dry.stdout).toMatch(/found of 2 ids:\n {2}labels: 3 in 2 files\n.*MLflow: .*backups.*--yes/s);
  expect(dry.stdout).toMatch(
    /jobs: not looked at, no Redis is named \(REDIS_URL\) and no `cola up` runs here/,
  );
  expect(textOf(LATER)).toContain(GONE);
  const done = await runCola(["forget", "--ids", "ids.txt", "--yes", "--json"], env, folder);
  expect(JSON.parse(done.stdout)).toMatchObject({ ok: true, dryRun: false, ids: 2, labels: FOUND.labels });
  expect(textOf(LATER)).toBe("");
  writeFileSync(join(folder, "ids.txt"), "\n");
  expect((await runCola(["forget", "--ids", "ids.txt"], env, folder)).code).toBe(2);
});
