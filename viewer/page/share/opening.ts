/** What this page carries: the recording that it opens with, the report, and what it shows without a server. */
import type { ByteSource } from '../../../sim/recording/read/source.ts';
import { bytesOfBase64 } from '../connection.ts';
import { element, showConnection, showResult } from '../panel.ts';
import { bytesSource, urlSource } from '../playback/sources.ts';
import { type Carried, type CarriedFile, inlineId } from './carried.ts';
import { carried } from './here.ts';

/** The bytes of a file that is in the page. */
const inlined = (what: 'recording' | 'report'): Uint8Array<ArrayBuffer> =>
  bytesOfBase64(element(inlineId(what)).textContent ?? '');

/** The carried recording. @param say told while all of it is downloaded. @throws Error if it cannot be had. */
export const carriedSource = async (
  { name, address }: CarriedFile,
  say: (text: string) => void,
): Promise<ByteSource> => (address === undefined ? bytesSource(name, inlined('recording')) : urlSource(address, say));

/** Shows the final evaluation that came with the page, and the way to the report. */
export function showCarriedResult(): void {
  if (!carried?.result) return;
  const { report, result } = carried;
  const reportUrl = report && (report.address ?? reportBlob());
  showResult({ ...result, ...(reportUrl && { reportUrl }) });
  // a frame is too small for a report
  element<HTMLAnchorElement>('result-link').target = '_blank';
}

let blob: string | undefined;
const reportBlob = (): string => {
  blob ??= URL.createObjectURL(new Blob([inlined('report')], { type: 'text/html' }));
  return blob;
};

/** Takes away what needs a server, and says what there is instead. */
export function showCarrying({ recording, play }: Carried): void {
  element('follow').hidden = true;
  element('play-link').hidden = !play;
  showConnection(recording ? 'opening' : 'no recording');
  element('trial-title').textContent = recording ? 'Opening the recording' : 'No recording open';
  if (!recording) element('trial-detail').textContent = 'Drop one on this page, or press Open';
}
