/** Backbones of the play page: the pretrained trunks that come with it, fetched when a training begins. */
/// <reference types="vite/client" />
import { type Backbone, decodeBackbone } from '../../../agent/backbones/backbone.ts';
import { parametersHash } from '../host.ts';

/** Addresses of weights, and the model cards: of the trunk that scenarios name by default alone, for weights are large. */
const WEIGHTS = import.meta.glob<string>('../../../agent/weights/grasp-wide.safetensors', {
  query: '?url',
  import: 'default',
  eager: true,
});
const CARDS = import.meta.glob<string>('../../../agent/weights/grasp-wide.model.json', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** Fetches a file that came with the page. */
export type FetchBytes = (url: string) => Promise<Uint8Array>;

/** @throws Error naming the address if it is not there. */
export const fetchBytes: FetchBytes = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: expected a file that came with this page, got status ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
};

/**
 * The backbone that a scenario names.
 * @param taps layers that the head reads, in place of the model card's.
 * @throws Error if it did not come with the page, or is not sound.
 */
export async function pageBackbone(
  name: string,
  taps: readonly string[] | undefined,
  fetched: FetchBytes,
): Promise<Backbone> {
  const path = `../../../agent/weights/${name}.safetensors`;
  const known = Object.keys(WEIGHTS).map((p) => p.replace(/^.*\/|\.safetensors$/g, ''));
  if (!(path in WEIGHTS))
    throw new Error(
      `learner.backbone: expected ${known.join(' or ')}, which came with this page, got '${name}'; train it with graft train`,
    );
  const cardPath = path.replace(/\.safetensors$/, '.model.json');
  const card = { text: CARDS[cardPath], path: `${name}.model.json` };
  const bytes = await fetched(WEIGHTS[path]);
  return decodeBackbone({ name, bytes, path: `${name}.safetensors`, card }, taps, parametersHash);
}
