import { JsonRecord } from "@colaml/shared/tables/json-record";

const record = (line: string) => JsonRecord.parse(line)!;

describe("a record of NDJSON", () => {
  it.each([
    ["850006245121695744", "850006245121695744"],
    ["-0", "-0"],
    ["1.0", "1.0"],
    ["1e3", "1e3"],
    ["0.10000000000000000001", "0.10000000000000000001"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
    ["true", "true"],
    ['"5"', "5"],
    ['"a \\"b\\" \\u00e9"', 'a "b" é'],
  ])("keeps the text of a value's source: %s", (source, text) => {
    for (const line of [`{"id":${source}}`, `{ "a" : [1,{"id":2}] , "id" : ${source} , "z":"}," }`]) {
      expect(record(line).text("id")).toBe(text);
      expect(record(line).copied("id")).toBe(text);
    }
  });

  it("takes null and what is not there for blank; lists and objects are not texts but are copied as written", () => {
    const line = '{"n":null,"l":[1.0, "]"],"o":{"a": 1.50}}';
    for (const name of ["n", "absent"]) expect(record(line).copied(name)).toBe("");
    expect(record(line).text("l")).toBe("");
    expect(record(line).copied("l")).toBe('[1.0, "]"]');
    expect(record(line).copied("o")).toBe('{"a": 1.50}');
  });

  it("knows names written with escapes, names twice, and the names of an object's prototype", () => {
    expect(record('{"\\u0069d":10000000000000000001}').copied("id")).toBe("10000000000000000001");
    expect(record('{"id":1,"id":2.0}').copied("id")).toBe("2.0");
    expect(record('{"__proto__":7.0,"constructor":1.0}').copied("__proto__")).toBe("7.0");
    expect(record("{}").copied("constructor")).toBe("");
  });

  it.each(["[1]", "1", "null", '"x"', "", "{", '{"a":1}x', "{a:1}"])("is not: %j", (line) => {
    expect(JsonRecord.parse(line)).toBeUndefined();
  });
});
