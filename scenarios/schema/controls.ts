/** Controls: settings of a scenario as whoever changes them is shown them, by its own schema, whatever it holds. */

/** What is read of a JSON Schema. */
interface Node {
  readonly type?: string;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
  readonly const?: unknown;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly prefixItems?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

type Path = readonly string[];

/** A number between two. */
export interface Limits {
  readonly low: number;
  readonly high: number;
  readonly whole: boolean;
}

/** A control: what it shows, and what becomes of the scenario when it is changed. */
export type Control = {
  /** Keys from the top, with dots. */
  readonly key: string;
  readonly label: string;
  /** What it means, with its unit; empty if the schema does not say. */
  readonly about: string;
  /** The setting to change, and its value if the control's is `value`. */
  readonly change: (value: unknown) => { readonly path: Path; readonly value: unknown };
} & (
  | { readonly kind: 'switch'; readonly value: boolean }
  | { readonly kind: 'choice'; readonly value: string; readonly options: readonly string[] }
  | { readonly kind: 'number'; readonly value: number; readonly limits: Limits }
  | { readonly kind: 'numbers'; readonly value: readonly number[]; readonly limits: readonly Limits[] }
);

/**
 * The controls of a section of the scenario: one for each number, choice, switch and short list of numbers that it has now.
 * @param schema JSON Schema of a scenario file.
 * @param scenario with every default filled in.
 * @param leftOut keys that others edit.
 */
export function controlsOf(
  schema: unknown,
  scenario: unknown,
  section: string,
  leftOut: readonly string[] = [],
): Control[] {
  const { properties = {} } = (schema as Node).properties?.[section] ?? {};
  const values = (scenario as Readonly<Record<string, object>>)[section] as Readonly<Record<string, unknown>>;
  return Object.entries(properties)
    .filter(([key]) => !leftOut.includes(key))
    .flatMap(([key, node]) => controls(node, values[key], [section, key], plain([section, key])));
}

type Change = Control['change'];

const plain =
  (path: Path): Change =>
  (value) => ({ path, value });

function controls(node: Node, value: unknown, path: Path, change: Change): Control[] {
  const common = { key: path.join('.'), label: labelOf(path), about: node.description ?? '', change };
  if (node.enum) return [{ ...common, kind: 'choice', options: node.enum, value: String(value ?? node.enum[0]) }];
  // what a hand or a scene does not have, it cannot change
  if (value === undefined) return [];
  if (node.type === 'boolean') return [{ ...common, kind: 'switch', value: value as boolean }];
  if (isNumber(node)) return [{ ...common, kind: 'number', value: value as number, limits: limitsOf(node) }];
  if (node.prefixItems?.every(isNumber))
    return [{ ...common, kind: 'numbers', value: value as number[], limits: node.prefixItems.map(limitsOf) }];
  if (node.oneOf) return variants(node.oneOf, value as Readonly<Record<string, unknown>>, path);
  const inner = value as Readonly<Record<string, unknown>>;
  return Object.entries(node.properties ?? {}).flatMap(([key, child]) =>
    controls(child, inner[key], [...path, key], (v) => ({ path, value: { ...inner, [key]: v } })),
  );
}

/** One of several kinds, told apart by a key that is another word in each. */
function variants(kinds: readonly Node[], value: Readonly<Record<string, unknown>>, path: Path): Control[] {
  const [tag] = Object.entries(kinds[0].properties ?? {}).find(([, node]) => node.const !== undefined) ?? [];
  if (!tag) return [];
  const wordOf = (kind: Node): string => String(kind.properties?.[tag].const);
  const chosen = kinds.find((kind) => wordOf(kind) === value[tag]);
  const choice: Control = {
    ...{ key: `${path.join('.')}.${tag}`, label: labelOf(path), about: '', kind: 'choice' },
    ...{ options: kinds.map(wordOf), value: String(value[tag]) },
    change: (word) => ({ path, value: { [tag]: word } }),
  };
  const { [tag]: _, ...rest } = chosen?.properties ?? {};
  return [choice, ...controls({ properties: rest }, value, path, plain(path))];
}

const isNumber = ({ type, minimum, maximum }: Node): boolean =>
  (type === 'number' || type === 'integer') && minimum !== undefined && maximum !== undefined;

const limitsOf = ({ type, minimum = 0, maximum = 1 }: Node): Limits => ({
  ...{ low: minimum, high: maximum, whole: type === 'integer' },
});

/** `sensor.heightmap.cell` is called `heightmap cell`. */
const labelOf = ([, ...keys]: Path): string =>
  keys.map((key) => key.replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`)).join(' ');

/** Where a slider from 0 to 1 stands: evenly, or by factors where the limits are far apart. */
export const toSlider = (value: number, { low, high }: Limits): number =>
  byFactors({ low, high }) ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);

/** The value at a place of the slider, to three digits. */
export function fromSlider(at: number, { low, high, whole }: Limits): number {
  const exact = byFactors({ low, high }) ? low * (high / low) ** at : low + at * (high - low);
  const value = whole ? Math.round(exact) : Number(exact.toPrecision(3));
  return Math.min(Math.max(value, low), high);
}

const byFactors = ({ low, high }: Pick<Limits, 'low' | 'high'>): boolean => low > 0 && high / low >= 100;
