import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readDotenv } from "@colaml/shared/settings/load-config";
import { runCola } from "./cola-process";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cola init "));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const cola = (...args: string[]) => runCola(args, {}, folder);
const env = () => readDotenv(folder);
const write = (name: string, header: string, row: (i: number) => string) =>
  writeFileSync(join(folder, name), [header, ...Array.from({ length: 60 }, (_, i) => row(i)), ""].join("\n"));

const team = (i: number) => ["billing", "shipping", "other"][i % 3]!;

describe("cola init", () => {
  it("writes the columns that a file's values and names speak for, and says why", async () => {
    write("tickets.csv", "ticket_id,when,what they wrote,team #1", (i) =>
      [`T${i}`, `2026-01-${i}`, `please help me with order ${i}`, team(i)].join(),
    );
    const { code, stdout, stderr } = await cola("init", "tickets.csv");
    expect([code, stderr]).toEqual([0, ""]);
    expect(env()).toEqual({
      COLAML_TEXT_COLUMN: "what they wrote",
      COLAML_LABEL_COLUMN: "team #1",
      COLAML_ID_COLUMN: "ticket_id",
    });
    expect(stdout).toMatch(/COLAML_TEXT_COLUMN=what they wrote {2}\(texts of several words\)/);
    expect(stdout).toContain("next: cola train tickets.csv");
    const config = JSON.parse((await cola("config", "--json")).stdout) as object;
    expect(JSON.stringify(config)).toContain('"team #1"');
  });

  it("reads NDJSON by the names of its first object, and numbers rows if no column is an id", async () => {
    write("tickets.ndjson", '{"body":"a first text of it","team":"billing"}', (i) =>
      JSON.stringify({ body: `please help me with order ${i}`, team: team(i) }),
    );
    const { code, stderr } = await cola("init", "tickets.ndjson");
    expect([code, stderr]).toEqual([
      0,
      "no column is taken for ids: rows are numbered. --id-column names one\n",
    ]);
    expect(env()).toEqual({ COLAML_TEXT_COLUMN: "body", COLAML_LABEL_COLUMN: "team" });
  });

  it("finds the label of a file that is sorted by it, and says what it could not read", async () => {
    const rows = Array.from({ length: 3_000 }, (_, i) =>
      [`T${i}`, `please help me with order ${i}`, i < 2_400 ? "shipping" : "billing"].join(),
    );
    writeFileSync(join(folder, "sorted.csv"), `ticket_id,body,team\n${rows.join("\n")}\nT3000,please help\n`);
    const { code, stderr } = await cola("init", "sorted.csv");
    expect([code, stderr]).toEqual([0, "1 rows left out: wrong number of fields (first at line 3002)\n"]);
    expect(env()).toEqual({
      COLAML_TEXT_COLUMN: "body",
      COLAML_LABEL_COLUMN: "team",
      COLAML_ID_COLUMN: "ticket_id",
    });
  });

  it("says why no row of a file can be read", async () => {
    write("commas.csv", "body,team", (i) => `please, help me with order ${i},${team(i)}`);
    const { code, stderr } = await cola("init", "commas.csv");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /commas\.csv has no row that can be read: 60 rows left out: wrong number of fields/,
    );
  });

  it("refuses when two columns fit, writes nothing, and takes the one that is named", async () => {
    write("tickets.csv", "body,team,country", (i) =>
      [`please help me with order ${i}`, team(i), ["es", "fr"][i % 2]].join(),
    );
    const refused = await cola("init", "tickets.csv");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/may be the label \(team, country\): name it with --label-column NAME/);
    expect(existsSync(join(folder, ".env"))).toBe(false);
    expect((await cola("init", "tickets.csv", "--label-column", "country")).code).toBe(0);
    expect(env()).toMatchObject({ COLAML_LABEL_COLUMN: "country" });
    const absent = await cola("init", "tickets.csv", "--label-column", "land", "--force");
    expect(absent.stderr).toMatch(/has no column "land"; it has: body, team, country/);
  });

  it("leaves a .env that is there, and with --force the lines in it that are not its own", async () => {
    write("tickets.csv", "body,team", (i) => [`please help me with order ${i}`, team(i)].join());
    writeFileSync(join(folder, ".env"), "REDIS_URL=redis://queue:6379\nCOLAML_LABEL_COLUMN=old\n");
    const refused = await cola("init", "tickets.csv");
    expect([refused.code, env()["COLAML_LABEL_COLUMN"]]).toEqual([1, "old"]);
    expect((await cola("init", "tickets.csv", "--force")).code).toBe(0);
    expect(env()).toEqual({
      REDIS_URL: "redis://queue:6379",
      COLAML_TEXT_COLUMN: "body",
      COLAML_LABEL_COLUMN: "team",
    });
  });

  it("shows no row of a file without a header", async () => {
    write(
      "tickets.csv",
      "I am Ana and my card is 4111 1111.,billing",
      (i) => `please help with ${i},${team(i)}`,
    );
    const { code, stdout, stderr } = await cola("init", "tickets.csv");
    expect(code).not.toBe(0);
    expect(stdout + stderr).not.toMatch(/Ana|4111/);
  });
});

describe("cola clean", () => {
  it("says what would go and its size, and removes it with --yes", async () => {
    const report = join(folder, ".colaml/reports/old.html");
    mkdirSync(join(folder, ".colaml/reports"), { recursive: true });
    writeFileSync(report, "x".repeat(2_000_000));
    utimesSync(report, new Date(0), new Date(0));
    const dry = await cola("clean");
    expect([dry.code, dry.stderr]).toEqual([0, "nothing was removed: give --yes to do it\n"]);
    expect(dry.stdout).toContain(`'${report}'`);
    expect(dry.stdout).toContain("would remove 2.0 MB");
    expect(existsSync(report)).toBe(true);
    const done = await cola("clean", "--older-than", "1d", "--yes", "--json");
    expect(JSON.parse(done.stdout)).toMatchObject({ removed: true, bytes: 2_000_000 });
    expect(existsSync(report)).toBe(false);
  });

  it("refuses an age that is none", async () => {
    const { code, stderr } = await cola("clean", "--older-than", "soon", "--yes");
    expect([code, stderr]).toEqual([
      2,
      'cola: --older-than is "soon": allowed is a duration such as 12h or 30d\n',
    ]);
  });
});
