import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RejectedLabels } from "@colaml/monitor-worker/labels/rejected-labels";
import { toolLabels } from "@colaml/monitor-worker/labels/tool-labels";
import type { LabelTool } from "@colaml/shared/contracts/labels";

const folder = mkdtempSync(join(tmpdir(), "tool-labels-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function read(
  tool: LabelTool,
  name: string,
  content: unknown,
  columns = { label: "inbound", id: "tweet_id" },
) {
  const path = join(folder, name);
  writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
  const rejected: RejectedLabels = { count: 0, notes: [] };
  const rows: string[] = [];
  for await (const batch of toolLabels({ path }, tool, columns, rejected))
    for (const { id, label } of batch) rows.push(`${id}=${label}`);
  return { rows, ...rejected };
}

const choice = (name: string, ...choices: string[]) => ({
  from_name: name,
  to_name: "text",
  type: "choices",
  origin: "manual",
  value: { choices },
});
const annotation = (...result: object[]) => ({
  id: 9,
  completed_by: 1,
  was_cancelled: false,
  lead_time: 3.2,
  result,
});

/** Five rows: unanimous, by majority, tied, skipped, and without an answer. */
const TASKS = [
  {
    id: 101,
    data: { row_id: "7", text: "x" },
    annotations: [annotation(choice("label", "true")), annotation(choice("label", "True"))],
  },
  {
    id: 102,
    data: { row_id: "8", text: "y" },
    annotations: ["False", "True", "False"].map((label) => annotation(choice("label", label))),
  },
  {
    id: 103,
    data: { row_id: "9", text: "z" },
    annotations: ["False", "True"].map((label) => annotation(choice("label", label))),
  },
  { id: 104, data: { row_id: "10", text: "u" }, annotations: [{ ...annotation(), was_cancelled: true }] },
  { id: 105, data: { row_id: "11", text: "v" }, annotations: [] },
];
const EXPECTED = ["7=True", "8=False", "9=False", "9=True"];
const DECIDED = [
  "1 rows have different answers: the most frequent holds",
  "1 rows have different answers, equally often: they are ambiguous and join no row",
];

describe("an export of Label Studio", () => {
  it("as JSON gives the label that most people chose; a tie gives both, so that it is ambiguous", async () => {
    expect(await read("label-studio", "tasks.json", TASKS)).toEqual({
      rows: EXPECTED,
      count: 0,
      notes: [
        "2 records have no answer",
        "1 answers do not count: skipped, draft, discarded, or several choices at once",
        ...DECIDED,
      ],
    });
  });

  it("as CSV and as JSON-MIN has a line per annotation, and its id is the task's, not the row's", async () => {
    const lines = [
      "annotation_id,annotator,created_at,id,label,lead_time,row_id,text,updated_at",
      "1,1,2026-01-01T00:00:00Z,101,true,1.5,7,x,2026-01-01T00:00:00Z",
      "2,2,2026-01-01T00:00:00Z,101,True,1.5,7,x,2026-01-01T00:00:00Z",
      "3,1,2026-01-01T00:00:00Z,102,False,1.5,8,y,2026-01-01T00:00:00Z",
      "4,2,2026-01-01T00:00:00Z,102,True,1.5,8,y,2026-01-01T00:00:00Z",
      "5,3,2026-01-01T00:00:00Z,102,False,1.5,8,y,2026-01-01T00:00:00Z",
      "6,1,2026-01-01T00:00:00Z,103,False,1.5,9,z,2026-01-01T00:00:00Z",
      "7,2,2026-01-01T00:00:00Z,103,True,1.5,9,z,2026-01-01T00:00:00Z",
      '8,1,2026-01-01T00:00:00Z,104,"{""choices"": [""True"", ""False""]}",1.5,10,u,2026-01-01T00:00:00Z',
    ];
    const csv = await read("label-studio", "export.csv", `${lines.join("\n")}\n`);
    expect(csv.rows).toEqual(EXPECTED);
    expect(csv.notes).toContain(
      "1 answers do not count: skipped, draft, discarded, or several choices at once",
    );
    const min = [
      { id: 101, row_id: "7", text: "x", label: "True", annotator: 1, annotation_id: 1 },
      {
        id: 102,
        row_id: "8",
        text: "y",
        label: { choices: ["True", "False"] },
        annotator: 1,
        annotation_id: 2,
      },
    ];
    expect((await read("label-studio", "min.json", min)).rows).toEqual(["7=True"]);
    const withoutRowId = "id,choice\n101,True\n";
    await expect(read("label-studio", "bare.csv", withoutRowId, { label: "l", id: "id" })).rejects.toThrow(
      "no record of",
    );
  });

  it("of another labelling interface is read by the names of the columns, or by the only question there is", async () => {
    const task = {
      id: 1,
      data: { tweet_id: 570, text: "x" },
      annotations: [annotation(choice("sentiment", "good"))],
    };
    expect((await read("label-studio", "own.json", [task])).rows).toEqual(["570=good"]);
    const two = [
      { ...task, annotations: [annotation(choice("sentiment", "good"), choice("topic", "bill"))] },
    ];
    await expect(read("label-studio", "two.json", two)).rejects.toThrow(
      'there are: "sentiment", "topic". Name it with --label-column',
    );
    expect((await read("label-studio", "two.json", two, { label: "topic", id: "tweet_id" })).rows).toEqual([
      "570=bill",
    ]);
  });
});

describe("an export of Argilla", () => {
  const response = (value: unknown, status?: string) => ({ value, user_id: "u", ...(status && { status }) });
  const record = (id: string, ...responses: object[]) => ({
    id,
    fields: { text: "x" },
    metadata: { reason: "random" },
    suggestions: { label: { value: "True", score: 0.6, agent: "colaml" } },
    responses: responses.length > 0 ? { label: responses } : {},
    vectors: {},
    _server_id: "s",
  });
  const RECORDS = [
    record("7", response("True"), response("true", "submitted")),
    record("8", response("False"), response("True"), response("False")),
    record("9", response("False"), response("True")),
    record("10", response("True", "draft"), response("False", "discarded")),
    record("11"),
  ];

  it("as JSON and as JSONL gives the label that most people chose; drafts and suggestions do not count", async () => {
    const notes = [
      "2 records have no answer",
      "2 answers do not count: skipped, draft, discarded, or several choices at once",
      "6 answers have no status in this export, so that drafts and discarded ones count too: to_list(flatten=True) has it",
      ...DECIDED,
    ];
    expect(await read("argilla", "records.json", RECORDS)).toEqual({ rows: EXPECTED, count: 0, notes });
    const lines = RECORDS.map((each) => JSON.stringify(each)).join("\n");
    expect(await read("argilla", "records.jsonl", lines)).toEqual({ rows: EXPECTED, count: 0, notes });
  });

  it("flattened, as pandas and datasets write it into CSV, has lists in cells", async () => {
    const lines = [
      "id,status,text,label.responses,label.responses.users,label.responses.status,label.suggestion",
      `7,completed,x,"['True', 'true']","['a', 'b']","['submitted', None]",True`,
      `8,completed,y,"['False' 'True' 'False']","['a' 'b' 'c']","['submitted' 'submitted' 'submitted']",True`,
      `9,completed,z,"[""False"", ""True""]","[""a"", ""b""]","[""submitted"", ""submitted""]",True`,
      `10,pending,u,"['True']","['a']","['draft']",True`,
      "11,pending,v,,,,True",
    ];
    const { rows, notes } = await read("argilla", "flat.csv", `${lines.join("\n")}\n`);
    expect(rows).toEqual(EXPECTED);
    expect(notes[0]).toBe("2 records have no answer");
    const flat = [{ id: "7", "label.responses": ['it\'s "late"'], "label.responses.status": ["submitted"] }];
    expect((await read("argilla", "flat.json", flat)).rows).toEqual(['7=it\'s "late"']);
    const python = `id,label.responses\n7,"[""it's late"", 'a \\'b\\'', ""it's late""]"\n`;
    expect((await read("argilla", "python.csv", python)).rows).toEqual(["7=it's late"]);
  });

  it("without any answer, or that is not JSON, is refused with the reason", async () => {
    await expect(read("argilla", "none.json", [record("1")])).rejects.toThrow(
      /no record of .* has an id and an answer: 1 records have no answer$/,
    );
    await expect(read("argilla", "broken.jsonl", '{"id":1}\nnot json')).rejects.toThrow(
      "line 2 is not JSON objects",
    );
  });
});
