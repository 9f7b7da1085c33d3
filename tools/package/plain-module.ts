import { stripTypeScriptTypes } from 'node:module';
import { parseAst } from 'vite';

/** One module as the package has it. */
export type PlainModule = {
  readonly code: string;
  /** Relative modules that it names, as written (`./plan.ts`): what it imports, and what it starts by `new URL('./worker.ts', import.meta.url)`. */
  readonly modules: readonly string[];
  /** Packages and Node's own modules that it imports, as written. */
  readonly packages: readonly string[];
  /** Other texts that end in `.ts`: if they name a module of the package, it would not be found. */
  readonly texts: readonly string[];
};

type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

const IMPORTS = new Set(['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'ImportExpression']);

/**
 * TypeScript as the JavaScript that Node makes of it when it strips types: every line stays where it was, so that a stack trace of the
 * package is one of the sources. Names of relative modules get the ending `.js`.
 */
export function plainModule(typescript: string): PlainModule {
  const code = stripTypeScriptTypes(typescript, { mode: 'strip' });
  const modules: string[] = [];
  const packages: string[] = [];
  const named: Node[] = [];
  const others: { readonly start: number; readonly text: string }[] = [];
  const take = (text: unknown): void => {
    if (!isNode(text) || typeof text.value !== 'string') return;
    if (!text.value.startsWith('.')) packages.push(text.value);
    else if (text.value.endsWith('.ts')) named.push(text);
  };
  const note = ({ start }: Node, text: unknown): void => {
    if (typeof text === 'string' && text.endsWith('.ts')) others.push({ start, text });
  };
  walk(parseAst(code) as unknown as Node, (node) => {
    if (IMPORTS.has(node.type)) take(node.source);
    else if (node.type === 'NewExpression' && isOwnUrl(node)) named.push((node.arguments as Node[])[0] as Node);
    else if (node.type === 'Literal') note(node, node.value);
    else if (node.type === 'TemplateElement') note(node, (node.value as { cooked?: string }).cooked);
  });
  const places = new Set(named.map(({ start }) => start));
  let plain = code;
  for (const { start, end, value } of named.toSorted((a, b) => b.start - a.start)) {
    modules.push(String(value));
    plain = `${plain.slice(0, start)}'${String(value).replace(/\.ts$/, '.js')}'${plain.slice(end)}`;
  }
  return {
    code: plain,
    modules,
    packages,
    texts: others.filter(({ start }) => !places.has(start)).map(({ text }) => text),
  };
}

/** `new URL('./name.ts', import.meta.url)` */
function isOwnUrl({ callee, arguments: args }: Node): boolean {
  const [name, base] = args as Node[];
  return (
    isNode(callee) &&
    callee.name === 'URL' &&
    typeof name?.value === 'string' &&
    /^\.{1,2}\/.*\.ts$/.test(name.value) &&
    base?.type === 'MemberExpression' &&
    isNode(base.object) &&
    base.object.type === 'MetaProperty'
  );
}

function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const value of Object.values(node))
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) walk(child, visit);
}
