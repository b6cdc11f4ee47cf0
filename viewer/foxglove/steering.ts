/** Steering service: what those who may steer a training ask of it. */
import { z } from 'zod';
import type { RunSteering, SteeringRequest } from '../../sim/recording/steering.ts';
import { STEERING_SERVICE } from './additions.ts';
import type { Service } from './protocol.ts';
import type { ServiceSource } from './sources.ts';

const index = z.number().int().min(0).max(1e9);

const requestSchema: z.ZodType<SteeringRequest> = z.discriminatedUnion('do', [
  z.strictObject({ do: z.enum(['pause', 'resume', 'step']) }),
  z.strictObject({
    do: z.literal('set'),
    values: z
      .record(z.string().max(100), z.number())
      .refine((values) => Object.keys(values).length <= 20, { error: 'expected at most 20 settings' }),
  }),
  z.strictObject({ do: z.literal('grasp'), trial: index, cell: index, angle: index, shape: index }),
]);

const json = (schemaName: string): Service['request'] => ({
  ...{ encoding: 'json', schemaName, schemaEncoding: 'jsonschema', schema: '{"type":"object"}' },
});

/** Calls that a client may make in a second. */
const CALLS_MAX = 10;

/** The service that steers the run of the moment; its answer is the state afterwards. */
export const steeringService = (run: () => RunSteering | undefined): ServiceSource => ({
  service: {
    ...{ id: 2, name: STEERING_SERVICE, type: 'graft.Steering' },
    ...{ request: json('graft.SteeringRequest'), response: json('graft.SteeringState') },
  },
  callsMax: CALLS_MAX,
  answer: (request, caller) => {
    if (!caller?.maySteer)
      throw new Error(`${STEERING_SERVICE}: expected a client that may steer, got one that may watch`);
    const steering = run();
    if (!steering) throw new Error(`${STEERING_SERVICE}: expected a training that runs, got none`);
    steering.ask(parse(request));
    return Buffer.from(JSON.stringify(steering.state));
  },
});

/** @throws Error if it is no `SteeringRequest`. */
function parse(request: Uint8Array): SteeringRequest {
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(request).toString('utf8'));
  } catch {
    throw new Error(`${STEERING_SERVICE}: expected JSON, got something else`);
  }
  const checked = requestSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [{ path, message }] = checked.error.issues;
  throw new Error([STEERING_SERVICE, path.join('.'), message].filter(Boolean).join(': '));
}
