import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DOCUMENTS } from "@colaml/shared/files/documents";
import { STATE_ENTRIES, type StateEntry, stateFolder } from "@colaml/shared/files/state-folder";
import { REDIS_KEYS, type RedisKeyKind, redisKey } from "@colaml/shared/queue/redis-keys";

const root = join(__dirname, "../../..");
const page = readFileSync(join(root, "docs/state.md"), "utf8");

/** Rows of the page's tables, cell by cell. */
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.slice(2, -2).split(" | "));

/** Source files of all packages, path and text. */
const sources = readdirSync(join(root, "packages")).flatMap((name) => {
  const folder = join(root, "packages", name, "src");
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ file: `${name}/${file}`, text: readFileSync(join(folder, file), "utf8") }));
});
const filesWith = (pattern: RegExp) =>
  sources.filter(({ text }) => pattern.test(text)).map(({ file }) => file);

describe("the page of what is kept", () => {
  it("lists every file and folder of the state folder, every document with its version, and every key of ours in Redis", () => {
    const days = (seconds: number) => (seconds % 86_400 === 0 ? `${seconds / 86_400} d` : `${seconds} s`);
    const files = Object.values(STATE_ENTRIES).map(({ path, what, writer, format, kept }: StateEntry) => [
      `\`${path}\``,
      what,
      writer,
      format,
      kept,
    ]);
    const keys = Object.entries(REDIS_KEYS).map(
      ([name, { parts, type, keptS, writer, what }]: [string, RedisKeyKind]) => [
        `\`${["<prefix>", name, ...parts.map((part) => `<${part}>`)].join(":")}\``,
        what,
        writer,
        type,
        days(keptS),
      ],
    );
    const documents = Object.values(DOCUMENTS).map(({ path, v }) => [`\`${path}\``, String(v)]);
    expect(rows).toEqual([...files, ...documents, ...keys]);
  });
});

describe("the map of the state folder", () => {
  it("gives a path for each entry, of the model for what there is one of per model", () => {
    const state = stateFolder("/state");
    expect([state.models, state.upRecord, state.incidents, state.streams]).toEqual([
      "/state/models",
      "/state/up.json",
      "/state/alerts/incidents",
      "/state/stream-",
    ]);
    expect([state.loopState("a"), state.checkHistory("$&")]).toEqual([
      "/state/monitor/a/loop.json",
      "/state/monitor/$&/history.ndjson",
    ]);
  });

  it("is the one place that names what is in it", () => {
    const names = Object.values(STATE_ENTRIES)
      .map(({ path }) => path.split("/").filter((part) => part !== ""))
      .map((parts) => parts.at(-1)!)
      .filter((name) => /[.-]/.test(name));
    const pattern = new RegExp(`"(${names.map((name) => name.replaceAll(".", "\\.")).join("|")})"`);
    expect(filesWith(pattern)).toEqual(["shared/files/state-folder.ts"]);
  });
});

describe("the map of Redis keys", () => {
  it("makes names of prefix, kind and parts", () => {
    expect(redisKey("p", "cancel", "train", "t-1")).toBe("p:cancel:train:t-1");
    expect(redisKey("p", "chunk-bytes", "b", 7, "in")).toBe("p:chunk-bytes:b:7:in");
  });

  it("is the one place that makes them", () => {
    expect(filesWith(/[pP]refix\}:/)).toEqual(["shared/queue/redis-keys.ts"]);
  });
});
