/** Embedding: the dialog with the snippet that shows this page, as it is looked at, in another one. */
import { confirmOn } from '../controls.ts';
import { element } from '../panel.ts';
import { EMBED_DEFAULT, EMBED_MAX_PX, EMBED_MIN_PX, embedSnippet } from './embed.ts';
import { carried } from './here.ts';
import './embed.css';

const HTML = `
<h2 id="embed-title">Show this in another page</h2>
<p>
  <label>width <input id="embed-width" type="number" step="10" /></label>
  <label>height <input id="embed-height" type="number" step="10" /></label>
  <span>pixels; it opens at what is shown now</span>
</p>
<textarea id="embed-text" rows="5" readonly aria-label="Snippet of HTML"></textarea>
<p><button id="embed-copy" type="button">Copy</button> <button id="embed-close" type="button">Close</button></p>`;

const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);

/**
 * Shows the button and makes it open the dialog, if the page was written to be sent on.
 * @param place the fragment that leads to what is shown.
 */
export function embedButton(place: () => string): void {
  const size = carried?.embed;
  if (!size) return;
  const dialog = document.createElement('dialog');
  dialog.id = 'embed-dialog';
  dialog.setAttribute('aria-labelledby', 'embed-title');
  dialog.innerHTML = HTML;
  document.body.append(dialog);
  const text = element<HTMLTextAreaElement>('embed-text');
  const { widthPx, heightPx } = { ...EMBED_DEFAULT, ...size };
  const write = (): void => {
    const [width, height] = [pixels('embed-width'), pixels('embed-height')];
    text.value = embedSnippet(addressOf(place()), document.title, { widthPx: width, heightPx: height });
  };
  for (const [id, px] of Object.entries({ 'embed-width': widthPx, 'embed-height': heightPx })) {
    Object.assign(input(id), { min: EMBED_MIN_PX, max: EMBED_MAX_PX, value: px });
    input(id).addEventListener('input', write);
  }
  element('embed').hidden = false;
  element('embed').addEventListener('click', () => {
    write();
    dialog.showModal();
    text.select();
  });
  element('embed-close').addEventListener('click', () => dialog.close());
  element('embed-copy').addEventListener('click', () => void copy(text));
  // keys of the page mean nothing while its dialog is open
  dialog.addEventListener('keydown', (event) => event.stopPropagation());
}

/** Within what a frame may have. */
const pixels = (id: string): number =>
  Math.min(Math.max(Math.round(Number(input(id).value)) || EMBED_MIN_PX, EMBED_MIN_PX), EMBED_MAX_PX);

/** This page at a place. From a disk only its name is of use to others. */
function addressOf(place: string): string {
  const { protocol, href, pathname } = location;
  const page = protocol === 'file:' ? (pathname.split('/').pop() ?? '') : href.replace(/#.*/, '');
  return place === '#' ? page : page + place;
}

async function copy(text: HTMLTextAreaElement): Promise<void> {
  text.select();
  // a frame of another host may not write to the clipboard; what is selected can be copied by hand
  const copied = await navigator.clipboard?.writeText(text.value).then(
    () => true,
    () => false,
  );
  confirmOn('embed-copy', copied ? 'Copied' : 'Press Ctrl-C');
}
