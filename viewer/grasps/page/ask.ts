/** Asking: a question and its files to the server, and its answer or its sentence. */
import type { Answer } from '../../../scenarios/predict/answer.ts';
import type { HandSettings } from '../../../sim/hand/settings.ts';
import type { Inputs } from './inputs.ts';

/** A question that was not answered; the message is the server's sentence. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, sentence: string) {
    super(sentence);
    this.status = status;
  }
}

/** What `GET /health` tells. */
export interface Health {
  readonly version: string;
  readonly policy: string;
  readonly heightmap: { readonly size: number; readonly cell: number };
  readonly hand: HandSettings;
}

/** What accompanies the files. */
export type Question = Readonly<Record<string, unknown>>;

/**
 * Asks for grasps.
 * @param token  undefined: none is sent.
 * @param signal aborts.
 * @throws Refused with the server's sentence; DOMException if aborted.
 */
export async function ask(
  question: Question,
  { depth, colour, mask }: Inputs,
  token: string | undefined,
  signal?: AbortSignal,
): Promise<Answer> {
  const body = new FormData();
  body.set('question', JSON.stringify(question));
  for (const [name, file] of Object.entries({ depth, colour, mask }))
    if (file) body.set(name, new Blob([file.bytes as Uint8Array<ArrayBuffer>]), file.name);
  const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return answered(await reached(fetch('./grasps', { method: 'POST', body, headers, signal: signal ?? null })));
}

/** What is served. @throws Refused if no grasp server answers. */
export async function health(): Promise<Health> {
  return answered(await reached(fetch('./health')));
}

async function reached(asked: Promise<Response>): Promise<Response> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new Refused(0, 'server: expected an answer, got none; is graft serve still running?');
  }
}

async function answered<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => undefined);
  if (response.ok && body !== undefined) return body as T;
  const told = (body as { readonly error?: unknown } | undefined)?.error;
  throw new Refused(
    response.status,
    typeof told === 'string' ? told : `server: expected a grasp server, got status ${response.status}`,
  );
}
