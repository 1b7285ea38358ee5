import { readFileSync } from "node:fs";
import { join } from "node:path";

const docs = join(__dirname, "../docs");
/** `| 5 | what holds | [title](../path)<br>[title](../path) |` */
const points = [
  ...readFileSync(join(docs, "security.md"), "utf8").matchAll(/^\| (\d+) \| [^|]+ \| (.+) \|$/gm),
];
const named = points.flatMap(([, point, tests]) =>
  [...tests!.matchAll(/\[(.*?)\]\(\.\.\/(\S+?\.test\.ts)\)/g)].map(
    ([, title, file]) => [point!, title!, file!] as const,
  ),
);

it("docs/security.md names tests for each of its 18 points", () => {
  expect(points.map(([, point]) => Number(point))).toEqual(Array.from({ length: 18 }, (_, i) => i + 1));
  expect(new Set(named.map(([point]) => point)).size).toBe(18);
});

it.each(named)("the test that it names for point %s exists: %s", (_point, title, file) => {
  expect(readFileSync(join(docs, "..", file), "utf8")).toContain(title);
});
