/** Link of a scene: the scenario's text, packed into the fragment of an address. */

/** What the fragment begins with; the number is the version of the packing. */
const NAME = 'scene';
const VERSION = 1;

/** More than the longest scenario that is read, characters; what unpacks to more is none. */
const LONGEST = 60_000;

/** The fragment that stands for a scenario's text, without `#`. */
export async function sceneFragment(text: string): Promise<string> {
  const packed = await through(new TextEncoder().encode(text), new CompressionStream('deflate-raw'));
  return `${NAME}=${VERSION}.${toBase64Url(packed)}`;
}

/**
 * The scenario's text that a fragment stands for.
 * @param fragment with or without `#`.
 * @returns undefined if it is no link of a scene.
 * @throws Error if it is one of another version, or damaged.
 */
export async function sceneOfFragment(fragment: string): Promise<string | undefined> {
  const found = /^#?scene=(\d*)\.?(.*)$/s.exec(fragment);
  if (!found) return undefined;
  const [, version, packed] = found;
  if (Number(version) !== VERSION)
    throw new Error(`link: expected a scene of version ${VERSION}, got ${version === '' ? 'none' : version}`);
  try {
    const bytes = Uint8Array.from(atob(packed.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    const text = await through(bytes, new DecompressionStream('deflate-raw'));
    return new TextDecoder('utf-8', { fatal: true }).decode(text);
  } catch {
    throw new Error('link: expected a whole scene link, got a damaged one; copy it again, or open the scene as a file');
  }
}

async function through(bytes: Uint8Array, stream: CompressionStream | DecompressionStream): Promise<Uint8Array> {
  const out: number[] = [];
  const readable = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(stream);
  const reader = readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Uint8Array.from(out);
    out.push(...value);
    if (out.length > LONGEST) throw new RangeError(`link: expected at most ${LONGEST} characters, got more`);
  }
}

const toBase64Url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
