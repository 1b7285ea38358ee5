import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

const python = process.env["COLAML_PYTHON_TEST"] ?? "";

/** Whether the Python environment of the tests is there. */
export const hasPython = existsSync(python);

/** What the child process answers: see `oracle.py`. */
export interface PythonOracle {
  ask<Answer>(
    question: { kind: "csv" | "dialect" | "pandas" | "ndjson" | "pattern" } & Record<string, unknown>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

/** Starts one Python process that answers question after question, a line of JSON each. */
export function startPython(): PythonOracle {
  const child = spawn(python, [join(__dirname, "oracle.py")], { stdio: ["pipe", "pipe", "inherit"] });
  const waiting: { resolve(answer: unknown): void; reject(error: Error): void }[] = [];
  const ended = endOf(child);
  void ended.then((code) => {
    for (const { reject } of waiting.splice(0)) reject(new Error(`Python ended with ${code}`));
  });
  createInterface({ input: child.stdout }).on("line", (line) => waiting.shift()?.resolve(JSON.parse(line)));
  return {
    ask: <Answer>(question: object) =>
      new Promise<Answer>((resolve, reject) => {
        waiting.push({ resolve: resolve as (answer: unknown) => void, reject });
        child.stdin.write(`${JSON.stringify(question)}\n`);
      }),
    close: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

const endOf = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once("close", resolve));
