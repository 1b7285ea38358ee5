// JSON Schema (draft 2020-12) of types of packages/shared/src/contracts, as the compiler resolves them.
import { join } from "node:path";
import ts from "typescript-with-api";

const { SymbolFlags, TypeFlags } = ts;

/**
 * @param sources folder of the sources whose exported types are wanted
 * @returns the schema of a type by the file that exports it and its name; types that have a name of their own stand
 *   in `$defs`, and comments become descriptions. Objects may hold more than is named: a later release adds fields
 */
export function typeSchemas(sources) {
  const options = {
    strict: true,
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    noEmit: true,
    types: [],
  };
  const program = ts.createProgram(ts.sys.readDirectory(join(sources, "contracts"), [".ts"]), {
    ...options,
    skipLibCheck: true,
    skipDefaultLibCheck: true,
  });
  const checker = program.getTypeChecker();
  return (file, name) => {
    const source = program.getSourceFile(join(sources, file));
    const symbol = checker
      .getExportsOfModule(checker.getSymbolAtLocation(source))
      .find((one) => one.name === name);
    const writer = new TypeWriter(checker, sources);
    const schema = writer.object(checker.getDeclaredTypeOfSymbol(symbol));
    return { ...commentOf(symbol, checker), ...schema, ...writer.definitions() };
  };
}

function commentOf(symbol, checker) {
  const text = ts.displayPartsToString(symbol.getDocumentationComment(checker)).replace(/\s+/g, " ").trim();
  return text === "" ? {} : { description: text };
}

class TypeWriter {
  #checker;
  #sources;
  /** Named types by name, `undefined` while they are being written. */
  #named = new Map();

  constructor(checker, sources) {
    this.#checker = checker;
    this.#sources = sources;
  }

  definitions() {
    const sorted = [...this.#named]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { schema }]) => [name, schema]);
    return sorted.length === 0 ? {} : { $defs: Object.fromEntries(sorted) };
  }

  schema(type) {
    if (type.isUnion()) return this.#union(type.types);
    if (type.flags & (TypeFlags.Any | TypeFlags.Unknown)) return {};
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & TypeFlags.BooleanLiteral) return { const: this.#checker.typeToString(type) === "true" };
    if (type.flags & TypeFlags.StringLike) return { type: "string" };
    if (type.flags & TypeFlags.NumberLike) return { type: "number" };
    if (type.flags & TypeFlags.Null) return { type: "null" };
    if (this.#checker.isTupleType(type)) return this.#tuple(type);
    if (this.#checker.isArrayType(type)) {
      return { type: "array", items: this.schema(this.#checker.getTypeArguments(type)[0]) };
    }
    if (type.flags & (TypeFlags.Object | TypeFlags.Intersection)) return this.#reference(type);
    throw new Error(`no JSON Schema for the type ${this.#checker.typeToString(type)}`);
  }

  #union(types) {
    const given = types.filter((type) => !(type.flags & TypeFlags.Undefined));
    if (given.length === 1) return this.schema(given[0]);
    const isBoolean = (type) => (type.flags & TypeFlags.BooleanLiteral) !== 0;
    if (given.every(isBoolean)) return { type: "boolean" };
    if (given.every((type) => type.isStringLiteral() || type.isNumberLiteral())) {
      return { enum: given.map(({ value }) => value) };
    }
    const others = given.filter((type) => !isBoolean(type)).map((type) => this.schema(type));
    const booleans = given.filter(isBoolean);
    const boolean = booleans.length === 0 ? [] : [this.#union(booleans)];
    return { anyOf: [...others, ...boolean] };
  }

  #tuple(type) {
    const prefixItems = this.#checker.getTypeArguments(type).map((item) => this.schema(item));
    return { type: "array", prefixItems, minItems: prefixItems.length, maxItems: prefixItems.length };
  }

  #reference(type) {
    const symbol = type.aliasSymbol ?? type.symbol;
    if (!this.#isNamed(type, symbol)) return this.object(type);
    const known = this.#named.get(symbol.name);
    if (known === undefined) {
      const entry = { type };
      this.#named.set(symbol.name, entry);
      entry.schema = { ...commentOf(symbol, this.#checker), ...this.object(type) };
    } else if (known.type !== type) throw new Error(`two types are named ${symbol.name}`);
    return { $ref: `#/$defs/${symbol.name}` };
  }

  /** Of the project, and not made of others by type arguments. */
  #isNamed(type, symbol) {
    if (!symbol || symbol.name.startsWith("__") || symbol.flags & SymbolFlags.TypeLiteral) return false;
    if (type.aliasTypeArguments?.length > 0) return false;
    return symbol.declarations?.[0]?.getSourceFile().fileName.startsWith(this.#sources) ?? false;
  }

  object(type) {
    const names = this.#checker.getPropertiesOfType(type);
    const properties = Object.fromEntries(names.map((name) => [name.name, this.#property(name)]));
    const required = names.filter(({ flags }) => !(flags & SymbolFlags.Optional)).map(({ name }) => name);
    const rest = this.#checker.getIndexInfoOfType(type, ts.IndexKind.String);
    return {
      type: "object",
      ...(names.length > 0 && { properties }),
      ...(required.length > 0 && { required }),
      ...(rest && { additionalProperties: this.schema(rest.type) }),
    };
  }

  #property(symbol) {
    return { ...commentOf(symbol, this.#checker), ...this.schema(this.#checker.getTypeOfSymbol(symbol)) };
  }
}
