import { readFileSync } from "node:fs";
import { parseSync } from "@swc/core";

/** A `describe`, `it` or `test` of a file. */
export interface TestTitle {
  /** With those of the blocks around it, as jest's `fullName`; `…` for what a template puts in. */
  title: string;
  /** Names of what makes the block and those around it: `it`, `withRedis`, a choice between `it` and `it.skip`. */
  madeBy: string[];
}

type Node = Record<string, unknown> & { type?: string };

/** Every titled block of a test file, outer ones too, read without running it. */
export function testTitles(path: string): TestTitle[] {
  const { body } = parseSync(readFileSync(path, "utf8"), { syntax: "typescript", target: "es2022" });
  const found: TestTitle[] = [];
  visit(body, { title: "", madeBy: [] }, found);
  return found;
}

function visit(node: unknown, within: TestTitle, found: TestTitle[]): void {
  if (Array.isArray(node)) {
    for (const each of node) visit(each, within, found);
    return;
  }
  if (node === null || typeof node !== "object") return;
  const block = blockOf(node as Node, within);
  if (block) found.push(block);
  for (const value of Object.values(node)) visit(value, block ?? within, found);
}

/** A call with a title and a function: what makes tests, and others that do no harm. */
function blockOf(node: Node, within: TestTitle): TestTitle | undefined {
  if (node.type !== "CallExpression") return undefined;
  const [first, ...others] = (node["arguments"] as { expression: Node }[]).map(
    ({ expression }) => expression,
  );
  const title = textOf(first);
  if (title === undefined || !others.some(({ type }) => type === "ArrowFunctionExpression")) return undefined;
  return {
    title: within.title === "" ? title : `${within.title} ${title}`,
    madeBy: [...within.madeBy, makerOf(node["callee"] as Node)],
  };
}

function textOf(node: Node | undefined): string | undefined {
  if (node?.type === "StringLiteral") return node["value"] as string;
  if (node?.type !== "TemplateLiteral") return undefined;
  return (node["quasis"] as { cooked: string }[]).map(({ cooked }) => cooked).join("…");
}

function makerOf(node: Node): string {
  if (node.type === "Identifier") return node["value"] as string;
  if (node.type === "MemberExpression") {
    const { value } = node["property"] as { value?: string };
    return `${makerOf(node["object"] as Node)}.${value}`;
  }
  const inner = node["callee"] ?? node["tag"];
  return inner ? makerOf(inner as Node) : String(node.type);
}
