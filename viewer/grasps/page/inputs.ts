/** Inputs: which of the files that a person drops is depth, colour, mask or camera. */

/** What a question can be asked with. */
export const KINDS = ['depth', 'colour', 'mask', 'camera'] as const;
export type Kind = (typeof KINDS)[number];

/** A file that was dropped. */
export interface InputFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** The files that a question is asked with. */
export type Inputs = Readonly<Partial<Record<Kind, InputFile>>>;

/** What was made of the files of a drop. */
export interface Sorted {
  readonly inputs: Inputs;
  /** Files of which nothing is made, a sentence each. */
  readonly left: readonly string[];
}

const PNG = [0x89, 0x50, 0x4e, 0x47];
const NPY = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
/** The header of a `.npy` of few dimensions ends within, bytes. */
const NPY_HEADER = 256;

const begins = (bytes: Uint8Array, magic: readonly number[]): boolean => magic.every((b, i) => bytes[i] === b);

/**
 * What a file is, by its name and content: JSON and YAML are cameras; what is called mask is one; floats, wide whole numbers
 * and 16-bit grey PNGs are depth; bytes in three channels are colour. Undefined: nothing that is asked with.
 */
export function kindOfFile({ name, bytes }: InputFile): Kind | undefined {
  if (/\.(json|ya?ml)$/i.test(name)) return 'camera';
  const [isPng, isNpy] = [begins(bytes, PNG), begins(bytes, NPY)];
  if (!isPng && !isNpy) return /depth.*\.(png|npy)$/i.test(name) ? 'depth' : undefined;
  if (/mask/i.test(name)) return 'mask';
  // IHDR: bits of a channel, and 0 for grey
  if (isPng) return bytes[24] === 16 && bytes[25] === 0 ? 'depth' : 'colour';
  const header = new TextDecoder('latin1').decode(bytes.subarray(0, NPY_HEADER));
  if (!/'descr':\s*'\|[ub]1'/.test(header)) return 'depth';
  return /'shape':\s*\(\d+,\s*\d+,\s*[34]\)/.test(header) ? 'colour' : 'mask';
}

/** How well a file of a kind is named and stored for it; the best of several is taken. */
function fitness(kind: Kind, { name, bytes }: InputFile): number {
  if (kind === 'colour') return /colou?r|rgb/i.test(name) && !/height/i.test(name) ? 1 : 0;
  if (kind === 'camera') return /camera|intrinsic|info/i.test(name) ? 1 : 0;
  // floats say more than whole millimetres
  return kind === 'depth' && begins(bytes, NPY) ? 1 : 0;
}

/** Tells the files of a drop apart; of several of a kind the one that is named for it is taken, else the first by name. */
export function sortFiles(files: readonly InputFile[]): Sorted {
  const byName = files.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const inputs: Partial<Record<Kind, InputFile>> = {};
  for (const kind of KINDS) {
    const [best] = byName.filter((f) => kindOfFile(f) === kind).toSorted((a, b) => fitness(kind, b) - fitness(kind, a));
    if (best) inputs[kind] = best;
  }
  const left = byName.flatMap((file) => {
    const kind = kindOfFile(file);
    if (!kind) return [`${file.name}: expected a .npy, PNG, JSON or YAML file, got another`];
    const taken = inputs[kind];
    return taken === file ? [] : [`${file.name}: left out, ${taken?.name} is the ${kind}`];
  });
  return { inputs, left };
}

/**
 * The files that a question is asked with after a drop. A new depth picture takes the place of the old one and of what belonged
 * to it, except for the camera.
 */
export const joined = (before: Inputs, { inputs }: Sorted): Inputs => ({
  ...(inputs.depth ? { ...(before.camera && { camera: before.camera }) } : before),
  ...inputs,
});
