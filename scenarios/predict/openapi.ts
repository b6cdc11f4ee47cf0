/** OpenAPI document of a grasp server. */
import { z } from 'zod';
import { answerSchema } from './answer.ts';
import { PREDICTION_VERSION, questionJsonSchema } from './request.ts';

const BINARY = { type: 'string', format: 'binary' };
const asJson = (schema: unknown): unknown => ({ 'application/json': { schema } });

const REFUSALS = {
  400: 'the question or a picture is not what it should be',
  401: 'the token is missing or another',
  403: 'a page of another host asks',
  413: 'too large',
  415: 'another content type',
  429: 'too many questions; ask again after Retry-After seconds',
  503: 'too busy; ask again after Retry-After seconds',
} as const;

const refusal = (description: string): unknown => ({
  description,
  content: asJson({
    type: 'object',
    required: ['error'],
    properties: { error: { type: 'string', description: 'what: expected X, got Y' } },
  }),
});

const POST_GRASPS = {
  operationId: 'proposeGrasps',
  summary: 'Grasps for a depth picture',
  description:
    'Depth: .npy (float: metres, 0 or NaN = no return; whole numbers: units of depthScale) or a 16-bit grey PNG. ' +
    'Colour: PNG or .npy of bytes. Mask: PNG or .npy, grasps lie where it is not 0. As a websocket, the same path takes a ' +
    'stream of frames: a little-endian uint32 with the length of a JSON header {id, question, depth, colour, mask}, the ' +
    'lengths of the files in it, the header, the files. The newest frame is answered; older ones get {id, superseded: true}.',
  parameters: [
    {
      name: 'question',
      in: 'query',
      description: 'beside a raw body: the question as JSON',
      content: asJson({ $ref: '#/components/schemas/Question' }),
    },
  ],
  requestBody: {
    required: true,
    content: {
      'multipart/form-data': {
        schema: {
          type: 'object',
          required: ['question', 'depth'],
          properties: {
            question: { $ref: '#/components/schemas/Question' },
            depth: BINARY,
            colour: BINARY,
            mask: BINARY,
          },
        },
        encoding: { question: { contentType: 'application/json' } },
      },
      'application/octet-stream': { schema: BINARY },
      'application/x-npy': { schema: BINARY },
      'image/png': { schema: BINARY },
    },
  },
  responses: {
    200: { description: 'grasps, best first', content: asJson({ $ref: '#/components/schemas/Answer' }) },
    ...Object.fromEntries(Object.entries(REFUSALS).map(([status, text]) => [status, refusal(text)])),
  },
};

/**
 * The document.
 * @param version of the program.
 * @param locked  whether a token is asked for.
 */
export function openApi(version: string, locked: boolean): unknown {
  return {
    openapi: '3.1.0',
    info: { title: 'graft grasp server', version, description: `Contract version ${PREDICTION_VERSION}. SI units.` },
    paths: {
      '/grasps': { post: POST_GRASPS },
      '/health': {
        get: {
          operationId: 'health',
          summary: 'Whether the server answers, what it serves, and how much waits',
          security: [],
          responses: { 200: { description: 'it does', content: asJson({ type: 'object' }) } },
        },
      },
    },
    components: {
      schemas: { Question: questionJsonSchema(), Answer: z.toJSONSchema(answerSchema) },
      ...(locked && { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } }),
    },
    ...(locked && { security: [{ token: [] }] }),
  };
}
