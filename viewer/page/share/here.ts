/** What this page carries. */
import { CARRIED_ID, parseCarried } from './carried.ts';

/** Undefined if a server stands behind the page. */
export const carried = parseCarried(document.getElementById(CARRIED_ID)?.textContent ?? 'null');
