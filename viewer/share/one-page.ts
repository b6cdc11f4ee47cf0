/** One page: the viewer with its scripts, styles and their licences in one file of HTML, which runs from a disk, too. */
import { build, type InlineConfig, type Rolldown } from 'vite';
import { withData } from './html.ts';

/** Id of the element with the licences of what is in the page. */
const NOTICES_ID = 'third-party-notices';

/**
 * Builds the page.
 * @param config   as for the other pages.
 * @param licences of what is in it, once it has been built.
 */
export async function buildOnePage(config: InlineConfig, licences: () => string): Promise<string> {
  const built = (await build({
    ...config,
    build: {
      ...config.build,
      ...{ write: false, cssCodeSplit: false },
      rolldownOptions: { ...config.build?.rollupOptions, output: { codeSplitting: false } },
    },
  })) as Rolldown.RolldownOutput;
  let html = '';
  const texts = new Map<string, string>();
  for (const file of built.output) {
    const text = file.type === 'chunk' ? file.code : String(file.source);
    if (file.fileName.endsWith('.html')) html = text;
    else texts.set(file.fileName, text);
  }
  const inlined = html
    .replace(/<script type="module"[^>]*src="\.\.?\/([^"]+)"[^>]*><\/script>/g, (_, file: string) =>
      scriptOf(texts, file),
    )
    .replace(/<link rel="stylesheet"[^>]*href="\.\.?\/([^"]+)"[^>]*>/g, (_, file: string) => styleOf(texts, file));
  if (texts.size > 0) throw new Error(`page: expected one script and one sheet, got also ${[...texts.keys()].join()}`);
  return withData(inlined, NOTICES_ID, 'text/plain', inScript(licences()));
}

/** Takes a text out, so that what nobody asked for is left. */
function taken(texts: Map<string, string>, file: string): string {
  const text = texts.get(file);
  if (text === undefined) throw new Error(`page: expected ${file} to have been built, got none`);
  texts.delete(file);
  return text;
}

const scriptOf = (texts: Map<string, string>, file: string): string =>
  `<script type="module">${inScript(taken(texts, file))}</script>`;

const styleOf = (texts: Map<string, string>, file: string): string => `<style>${taken(texts, file)}</style>`;

/** Text that does not end the element it stands in; in a script it means the same. */
const inScript = (text: string): string => text.replace(/<(?=\/script|!--)/gi, '\\x3c');
