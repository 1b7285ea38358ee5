import { jsonQuestion } from "@colaml/producer/serving/json-question";

const read = (source: string, columns = ["text"]) =>
  jsonQuestion(Buffer.from(source), { columns, maxRows: 10 });

describe("the texts of a JSON body", () => {
  it.each([
    [
      "numbers as they are written",
      '{"inputs":[1.0,-0,1e3,850006245121695744]}',
      ["1.0", "-0", "1e3", "850006245121695744"],
    ],
    ["booleans as JSON has them", '{"inputs":[true,"a"]}', ["true", "a"]],
    ["null for what is no text", '{"inputs":[null,"a"]}', [undefined, "a"]],
    [
      "numbers of a body that names a column twice",
      '{"dataframe_records":[{"text":1.0,"text":2.50}]}',
      ["2.5"],
    ],
  ])("are %s", (_what, source, texts) => {
    expect(read(source)).toEqual({ texts, explain: 0 });
  });

  it("are found however deep the body is", () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    expect(read(`{"inputs":[${deep}]}`).texts).toEqual([undefined]);
    expect(read(`{"dataframe_split":{"columns":["text","x"],"data":[[7,${deep}]]}}`).texts).toEqual(["7"]);
  });

  it("are not looked for in more rows than are answered at once", () => {
    const rows = Array(11).fill("a");
    for (const body of [
      { inputs: rows },
      { inputs: { text: rows } },
      { dataframe_split: { columns: ["text"], data: rows } },
      { dataframe_records: rows.map((text) => ({ text })) },
    ])
      expect(() => read(JSON.stringify(body))).toThrow("at most 10 rows");
  });

  it("may stand in a column of any name", () => {
    for (const name of ["__proto__", "constructor", "toString"]) {
      expect(read(`{"dataframe_records":[{"${name}":"a"},{"${name}":1.50}]}`, [name]).texts).toEqual([
        "a",
        "1.50",
      ]);
      expect(() => read('{"dataframe_records":[{"text":"a"}]}', [name])).toThrow("has no column");
    }
  });

  it.each([
    ['{"explain":0}', 0],
    ['{"explain":20}', 20],
    ["{}", 0],
    ["null", 0],
  ])("come with what params asks for: %s", (params, explain) => {
    expect(read(`{"inputs":[5],"params":${params}}`)).toEqual({ texts: ["5"], explain });
  });

  it.each([
    '{"explain":21}',
    '{"explain":-1}',
    '{"explain":1.5}',
    '{"explain":"3"}',
    '{"explain":true}',
    "[]",
    "7",
  ])("are not read if params is %s", (params) => {
    expect(() => read(`{"inputs":[5],"params":${params}}`)).toThrow("params");
  });
});
