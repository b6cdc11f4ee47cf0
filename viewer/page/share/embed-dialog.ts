/** Embedding: the dialog with the snippet that shows this page, at this moment, in another one. */

import { confirmOn } from '../controls.ts';
import { element } from '../panel.ts';
import { linkTo, type Player } from '../playback/player.ts';
import { EMBED_DEFAULT, EMBED_MAX_PX, EMBED_MIN_PX, embedSnippet } from './embed.ts';
import { carried } from './here.ts';

const input = (id: string): HTMLInputElement => element<HTMLInputElement>(id);

/** Makes the button open the dialog. @param shown where the recording is being looked at. */
export function embedButton(shown: () => Player | undefined): void {
  const dialog = element<HTMLDialogElement>('embed-dialog');
  const text = element<HTMLTextAreaElement>('embed-text');
  const size = carried?.embed ?? EMBED_DEFAULT;
  for (const [id, px] of Object.entries({ 'embed-width': size.widthPx, 'embed-height': size.heightPx })) {
    Object.assign(input(id), { min: EMBED_MIN_PX, max: EMBED_MAX_PX, value: px });
    input(id).addEventListener('input', write);
  }
  function write(): void {
    const player = shown();
    const [widthPx, heightPx] = [pixels('embed-width'), pixels('embed-height')];
    text.value = embedSnippet(addressOf(player), document.title, { widthPx, heightPx });
  }
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

/** This page at the moment that is shown. From a disk only its name is of use to others. */
function addressOf(player: Player | undefined): string {
  const { protocol, href, pathname } = location;
  const page = protocol === 'file:' ? (pathname.split('/').pop() ?? '') : href.replace(/#.*/, '');
  return `${page}${player ? linkTo(player.index, player.time) : ''}`;
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
