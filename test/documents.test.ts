import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = resolve(__dirname, "..");
const read = (path: string) => readFileSync(join(root, path), "utf8");
const pagesIn = (folder: string) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md"))
    .map((name) => join(folder, name));
const atTheTop = readdirSync(root).filter((name) => name.endsWith(".md"));
const pages = [...atTheTop, ...pagesIn("docs")];
const pagesBesideCode = readdirSync(join(root, "packages")).flatMap((name) =>
  pagesIn(`packages/${name}/src`),
);

const withoutCode = (page: string) => page.replace(/^```[\s\S]*?^```/gm, "");

/** Headings with their anchors, as GitHub makes them: in lower case, hyphens for spaces, other signs left out. */
function headingsOf(path: string): { depth: number; anchor: string }[] {
  const seen = new Map<string, number>();
  return [...withoutCode(read(path)).matchAll(/^(#+) (.+)$/gm)].map(([, signs, title]) => {
    const slug = title!
      .trim()
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(" ", "-");
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return { depth: signs!.length, anchor: before === 0 ? slug : `${slug}-${before}` };
  });
}

/** Relative links of a page, each as a path from the root and an anchor. */
function linksOf(page: string): { link: string; target: string; anchor: string | undefined }[] {
  const links = [...withoutCode(read(page)).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(
    (found) => found[1]!,
  );
  return links.map((link) => {
    const [path, anchor] = link.split("#", 2) as [string, string | undefined];
    return { link, anchor, target: path === "" ? page : relative(root, resolve(root, dirname(page), path)) };
  });
}

describe("the documents", () => {
  it.each([...pages, ...pagesBesideCode])("%s links to files and headings that exist", (page) => {
    const broken = linksOf(page).filter(
      ({ target, anchor }) =>
        !existsSync(join(root, target)) ||
        (anchor !== undefined && !headingsOf(target).some((heading) => heading.anchor === anchor)),
    );
    expect(broken).toEqual([]);
  });

  it("are all listed by docs/README.md, decisions by their own list", () => {
    const listed = ["docs/README.md", "docs/decisions/README.md"].flatMap((page) =>
      linksOf(page).map(({ target }) => target),
    );
    const lists = ["docs/README.md", "docs/decisions/README.md"];
    expect(pages.filter((page) => ![...listed, ...lists].includes(page))).toEqual([]);
  });

  it("name every room of every package in docs/architecture.md", () => {
    const foldersIn = (folder: string) =>
      readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name);
    const rooms = foldersIn("packages").flatMap((name) => foldersIn(`packages/${name}/src`));
    const learning = foldersIn("packages/shared/src/learning").map((name) => `learning/${name}`);
    const named = new Set(
      [...read("docs/architecture.md").matchAll(/`([a-z/-]+)`/g)].map((found) => found[1]),
    );
    expect(
      [...rooms.filter((name) => name !== "learning"), ...learning].filter((name) => !named.has(name)),
    ).toEqual([]);
  });

  it("README names only commands that there are, and every one of them", () => {
    const main = join(root, "packages/producer/dist/cola.js");
    const help = execFileSync(process.execPath, [main, "--help"], { encoding: "utf8" });
    const commands = [...help.matchAll(/^ {2}([a-z]+) /gm)]
      .map((match) => match[1]!)
      .filter((name) => name !== "help");
    const readme = read("README.md");
    const shown = [...readme.matchAll(/npm run cola -- ([a-z]+)/g)].map((match) => match[1]!);
    expect(commands.length).toBeGreaterThan(10);
    expect(shown.filter((name) => !commands.includes(name))).toEqual([]);
    expect(commands.filter((name) => !new RegExp(`cola -- ${name}|\`${name}\``).test(readme))).toEqual([]);
  });
});

describe("README.es.md", () => {
  const [english, spanish] = ["README.md", "README.es.md"] as const;

  it("has the sections of README.md", () => {
    const depths = (page: string) => headingsOf(page).map(({ depth }) => depth);
    expect(depths(spanish)).toEqual(depths(english));
  });

  it("has its commands, its output, its settings and its links", () => {
    const code = (page: string) =>
      [...read(page).matchAll(/^```[\s\S]*?^```/gm)].map(([block]) => block.replace(/ +# .*$/gm, ""));
    const settings = (page: string) => [...read(page).matchAll(/^\| (`[A-Z].*?`) \|/gm)].map((row) => row[1]);
    const links = (page: string) =>
      linksOf(page)
        .map(({ link }) => link)
        .filter((link) => link !== english && link !== spanish);
    expect(code(spanish)).toEqual(code(english));
    expect(settings(spanish)).toEqual(settings(english));
    expect(links(spanish)).toEqual(links(english));
    expect(code(english).length).toBeGreaterThan(4);
    expect(settings(english).length).toBeGreaterThan(9);
  });

  it("names each error, flag and file that README.md names", () => {
    const names = (page: string) =>
      new Set(withoutCode(read(page)).match(/`(?:--[a-z-]+|[A-Z]+_[A-Z_]+|\.colaml\/[a-z./]*)`/g));
    expect([...names(spanish)].sort()).toEqual([...names(english)].sort());
  });
});
