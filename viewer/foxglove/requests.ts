/** What clients may ask in text messages, and how much of it. */
import { z } from 'zod';

const id = z.number().int().min(0).max(0xffffffff);
const names = z.array(z.string().max(200)).max(200);

const requestSchema = z.discriminatedUnion('op', [
  z.object({
    op: z.literal('subscribe'),
    subscriptions: z.array(z.object({ id, channelId: id })).max(200),
  }),
  z.object({ op: z.literal('unsubscribe'), subscriptionIds: z.array(id).max(200) }),
  z.object({ op: z.literal('getParameters'), parameterNames: names, id: z.string().max(200).optional() }),
  z.object({
    op: z.literal('setParameters'),
    parameters: z.array(z.object({ name: z.string().max(200), value: z.unknown() })).max(200),
    id: z.string().max(200).optional(),
  }),
  z.object({ op: z.literal('subscribeParameterUpdates'), parameterNames: names }),
  z.object({ op: z.literal('unsubscribeParameterUpdates'), parameterNames: names }),
]);
export type ClientRequest = z.infer<typeof requestSchema>;

const KNOWN: ReadonlySet<string> = new Set(requestSchema.options.map((o) => o.shape.op.value));

/**
 * Reads one text message of a client.
 * @returns the name of the operation alone if it is one that is not offered here (protocols grow).
 * @throws Error if it is not JSON, has no `op`, or wrong fields.
 */
export function parseRequest(text: string): ClientRequest | { readonly op: 'unknown'; readonly name: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`message: expected JSON, got ${JSON.stringify(text.slice(0, 24))}`);
  }
  const op = typeof value === 'object' && value !== null && 'op' in value ? value.op : undefined;
  if (typeof op !== 'string') throw new Error(`message: expected an object with an op, got ${text.slice(0, 24)}`);
  if (!KNOWN.has(op)) return { op: 'unknown', name: op.slice(0, 40) };
  const checked = requestSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [{ path, message }] = checked.error.issues;
  throw new Error(`${op}: ${path.join('.')}: ${message}`);
}
