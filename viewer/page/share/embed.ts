/** Embedding: the snippet that shows a page inside another one. */

/** Of a frame, CSS pixels. */
export interface EmbedSize {
  readonly widthPx: number;
  readonly heightPx: number;
}

export const EMBED_DEFAULT: EmbedSize = { widthPx: 960, heightPx: 600 };
/** Smaller, nothing can be seen; larger, no screen shows it. */
export const [EMBED_MIN_PX, EMBED_MAX_PX] = [240, 8192];

/** Reads a size such as `960x600`. @throws RangeError for anything else. */
export function parseEmbedSize(text: string): EmbedSize {
  const [widthPx, heightPx] = (/^(\d{1,5})x(\d{1,5})$/.exec(text) ?? []).slice(1).map(Number);
  const fits = (px: number | undefined): boolean => px !== undefined && px >= EMBED_MIN_PX && px <= EMBED_MAX_PX;
  if (fits(widthPx) && fits(heightPx)) return { widthPx, heightPx };
  throw new RangeError(
    `expected <width>x<height>, each ${EMBED_MIN_PX} to ${EMBED_MAX_PX} pixels, such as 960x600, got '${text}'`,
  );
}

/**
 * The snippet. It may be narrower than the page that it stands in allows, never wider.
 * @param address of the page, with the moment that it opens at.
 */
export const embedSnippet = (address: string, title: string, { widthPx, heightPx }: EmbedSize): string =>
  `<iframe src="${escapeHtml(address)}" title="${escapeHtml(title)}" width="${widthPx}" height="${heightPx}" ` +
  'style="border:0;max-width:100%" loading="lazy" allow="fullscreen; clipboard-write"></iframe>';

/** Text as it stands in HTML, also in quotes. */
export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
