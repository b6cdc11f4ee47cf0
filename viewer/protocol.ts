import type { GripperSettings } from '../sim/gripper.ts';
import type { Mesh } from '../sim/mesh.ts';
import type { Vec3 } from '../sim/pose.ts';
import type { SceneSplit } from '../sim/scene.ts';
import type { Outcome } from '../sim/trial-result.ts';
import type { RunInfo, RunResult, TrialSummary } from './episode.ts';
import { type Episode, GRIPPER_BODIES, PHASES, type PlannedGrasp } from './episode.ts';

/**
 * What server and page say to each other over one websocket. Text messages are JSON; binary messages are little-endian
 * with a one-byte kind first and every array aligned to four bytes.
 *
 * After `hello` the server sends `run`, `result`, batches of `trials`, and for each episode: `episode`, the geometry the
 * client does not have yet, the camera frame and the maps; then poses until the next `episode`. On `episode` a client
 * forgets geometry that it does not refer to, and the server counts on that.
 */
export const PROTOCOL_VERSION = 1;

/** The path of the websocket. */
export const STREAM_PATH = '/stream';

/** Everything about an episode that is not an array. */
export interface EpisodeInfo {
  /** Number of the episode within this server's life. */
  readonly episode: number;
  readonly trial: number;
  readonly split: SceneSplit;
  readonly policy: string;
  readonly objects: readonly { readonly geometry: number; readonly colour: Vec3; readonly family: string }[];
  readonly gripper: GripperSettings;
  /** Half extents of the palm, metres. */
  readonly palmHalf: Vec3;
  readonly hz: number;
  readonly frames: number;
  readonly grasp: PlannedGrasp;
  readonly outcome: Outcome;
}

export type ServerText =
  | { readonly type: 'hello'; readonly version: number }
  | { readonly type: 'run'; readonly run: RunInfo }
  | { readonly type: 'trials'; readonly trials: readonly TrialSummary[] }
  | ({ readonly type: 'episode' } & EpisodeInfo)
  | ({ readonly type: 'result' } & RunResult);

interface GeometryMessage {
  readonly kind: 'geometry';
  readonly id: number;
  readonly mesh: Mesh;
}

export interface CameraMessage {
  readonly kind: 'camera';
  readonly episode: number;
  readonly width: number;
  readonly height: number;
  /** [height, width, 3] sRGB. */
  readonly rgb: Uint8Array;
  /** [height, width] metres, 0 = no return; rounded to a tenth of a millimetre. */
  readonly depth: Float32Array | null;
}

export interface MapsMessage {
  readonly kind: 'maps';
  readonly episode: number;
  readonly size: number;
  /** Side of a cell, metres. */
  readonly cell: number;
  /** [size, size] metres, rounded to a hundredth of a millimetre. */
  readonly height: Float32Array;
  /** [size, size] 0..1, rounded to 1/255. */
  readonly affordance: Float32Array | null;
}

export interface PosesMessage {
  readonly kind: 'poses';
  readonly episode: number;
  readonly frame: number;
  /** Seconds since the start of the playback, continuing while the last frame is held. */
  readonly time: number;
  /** Index into PHASES. */
  readonly phase: number;
  /** [bodies, 7]: x y z qx qy qz qw. */
  readonly poses: Float32Array;
}

export type ServerBinary = GeometryMessage | CameraMessage | MapsMessage | PosesMessage;
export type ServerMessage = ServerText | ServerBinary;

/** What a page may say. */
export type ClientMessage = { readonly type: 'pause' } | { readonly type: 'resume' };

const KIND = { geometry: 1, camera: 2, maps: 3, poses: 4 } as const;
const HEADER = { geometry: 16, camera: 16, maps: 16, poses: 16 } as const;
const DEPTH_UNIT = 1e-4;
const HEIGHT_UNIT = 1e-5;

/** Largest control message from a page, bytes. */
export const CLIENT_MESSAGE_BYTES = 4096;

const align4 = (bytes: number): number => (bytes + 3) & ~3;

/** Lengths as unsigned 16-bit multiples of a unit, clamped. */
const quantise = (values: Float32Array, unit: number): Uint16Array =>
  Uint16Array.from(values, (v) => Math.min(Math.max(Math.round(v / unit), 0), 0xffff));

const dequantise = (values: Uint16Array, unit: number): Float32Array => Float32Array.from(values, (v) => v * unit);

export const encodeText = (message: ServerText): string => JSON.stringify(message);

export function encodeGeometry(id: number, { positions, indices }: Mesh): Uint8Array {
  const bytes = new Uint8Array(HEADER.geometry + positions.byteLength + indices.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, KIND.geometry);
  view.setUint32(4, id, true);
  view.setUint32(8, positions.length / 3, true);
  view.setUint32(12, indices.length / 3, true);
  new Float32Array(bytes.buffer, HEADER.geometry, positions.length).set(positions);
  new Uint32Array(bytes.buffer, HEADER.geometry + positions.byteLength, indices.length).set(indices);
  return bytes;
}

export function encodeCamera(episode: number, image: Episode['image'], depth?: Float32Array): Uint8Array {
  const pixels = image.width * image.height;
  const depthAt = HEADER.camera + align4(3 * pixels);
  const bytes = new Uint8Array(depthAt + (depth ? 2 * pixels : 0));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, KIND.camera);
  view.setUint8(1, depth ? 1 : 0);
  view.setUint32(4, episode, true);
  view.setUint16(8, image.width, true);
  view.setUint16(10, image.height, true);
  bytes.set(image.rgb, HEADER.camera);
  if (depth) new Uint16Array(bytes.buffer, depthAt, pixels).set(quantise(depth, DEPTH_UNIT));
  return bytes;
}

export function encodeMaps(episode: number, map: Episode['heightmap'], affordance: Float32Array | null): Uint8Array {
  const cells = map.size * map.size;
  const bytes = new Uint8Array(HEADER.maps + 2 * cells + (affordance ? cells : 0));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, KIND.maps);
  view.setUint8(1, affordance ? 1 : 0);
  view.setUint16(2, map.size, true);
  view.setUint32(4, episode, true);
  view.setFloat32(8, map.cell, true);
  new Uint16Array(bytes.buffer, HEADER.maps, cells).set(quantise(map.height, HEIGHT_UNIT));
  if (affordance) {
    bytes.set(
      Uint8Array.from(affordance, (p) => Math.min(Math.max(Math.round(255 * p), 0), 255)),
      HEADER.maps + 2 * cells,
    );
  }
  return bytes;
}

export function encodePoses(message: Omit<PosesMessage, 'kind'>): Uint8Array {
  const { episode, frame, time, phase, poses } = message;
  const bytes = new Uint8Array(HEADER.poses + poses.byteLength);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, KIND.poses);
  view.setUint8(1, phase);
  view.setUint32(4, episode, true);
  view.setUint32(8, frame, true);
  view.setFloat32(12, time, true);
  new Float32Array(bytes.buffer, HEADER.poses, poses.length).set(poses);
  return bytes;
}

/** Reads one binary message. @throws Error naming the kind, and what was expected, if the bytes are not one. */
export function decodeBinary(buffer: ArrayBuffer): ServerBinary {
  if (buffer.byteLength < 16) {
    throw new Error(`binary message: expected at least 16 bytes, got ${buffer.byteLength}`);
  }
  const view = new DataView(buffer);
  switch (view.getUint8(0)) {
    case KIND.geometry:
      return decodeGeometry(buffer, view);
    case KIND.camera:
      return decodeCamera(buffer, view);
    case KIND.maps:
      return decodeMaps(buffer, view);
    case KIND.poses:
      return decodePoses(buffer, view);
    default:
      throw new Error(`binary message: expected kind 1 to 4, got ${view.getUint8(0)}`);
  }
}

function expectBytes(what: string, expected: number, buffer: ArrayBuffer): void {
  if (buffer.byteLength !== expected) {
    throw new Error(`${what} message: expected ${expected} bytes, got ${buffer.byteLength}`);
  }
}

function decodeGeometry(buffer: ArrayBuffer, view: DataView): GeometryMessage {
  const [vertices, triangles] = [view.getUint32(8, true), view.getUint32(12, true)];
  expectBytes('geometry', HEADER.geometry + 12 * (vertices + triangles), buffer);
  const positions = new Float32Array(buffer, HEADER.geometry, vertices * 3);
  const indices = new Uint32Array(buffer, HEADER.geometry + positions.byteLength, triangles * 3);
  const outside = indices.find((i) => i >= vertices);
  if (outside !== undefined) {
    throw new Error(`geometry message: expected vertex indices below ${vertices}, got ${outside}`);
  }
  return { kind: 'geometry', id: view.getUint32(4, true), mesh: { positions, indices } };
}

function decodeCamera(buffer: ArrayBuffer, view: DataView): CameraMessage {
  const [width, height] = [view.getUint16(8, true), view.getUint16(10, true)];
  const hasDepth = view.getUint8(1) === 1;
  const pixels = width * height;
  const depthAt = HEADER.camera + align4(3 * pixels);
  expectBytes('camera', depthAt + (hasDepth ? 2 * pixels : 0), buffer);
  return {
    kind: 'camera',
    episode: view.getUint32(4, true),
    width,
    height,
    rgb: new Uint8Array(buffer, HEADER.camera, 3 * pixels),
    depth: hasDepth ? dequantise(new Uint16Array(buffer, depthAt, pixels), DEPTH_UNIT) : null,
  };
}

function decodeMaps(buffer: ArrayBuffer, view: DataView): MapsMessage {
  const size = view.getUint16(2, true);
  const hasAffordance = view.getUint8(1) === 1;
  const cells = size * size;
  expectBytes('maps', HEADER.maps + (hasAffordance ? 3 : 2) * cells, buffer);
  return {
    kind: 'maps',
    episode: view.getUint32(4, true),
    size,
    cell: view.getFloat32(8, true),
    height: dequantise(new Uint16Array(buffer, HEADER.maps, cells), HEIGHT_UNIT),
    affordance: hasAffordance
      ? Float32Array.from(new Uint8Array(buffer, HEADER.maps + 2 * cells, cells), (v) => v / 255)
      : null,
  };
}

function decodePoses(buffer: ArrayBuffer, view: DataView): PosesMessage {
  const body = buffer.byteLength - HEADER.poses;
  if (body % 28 !== 0 || body < GRIPPER_BODIES * 28) {
    throw new Error(`poses message: expected 28 * n bytes after the header, n >= ${GRIPPER_BODIES}, got ${body}`);
  }
  const phase = view.getUint8(1);
  if (phase >= PHASES.length) throw new Error(`poses message: expected a phase below ${PHASES.length}, got ${phase}`);
  const poses = new Float32Array(buffer, HEADER.poses, body / 4);
  if (!poses.every(Number.isFinite)) throw new Error('poses message: expected finite numbers, got NaN or infinity');
  return {
    kind: 'poses',
    episode: view.getUint32(4, true),
    frame: view.getUint32(8, true),
    time: view.getFloat32(12, true),
    phase,
    poses,
  };
}

const SERVER_TYPES = ['hello', 'run', 'trials', 'episode', 'result'] as const satisfies readonly ServerText['type'][];
const CLIENT_TYPES = ['pause', 'resume'] as const satisfies readonly ClientMessage['type'][];

/** Reads one text message of the server. @throws Error if it is not JSON or of an unknown type. */
export const decodeText = (text: string): ServerText => parseTyped(text, SERVER_TYPES) as unknown as ServerText;

/** Reads one message of a page. @throws Error if it is too long, not JSON, or of an unknown type. */
export function decodeClient(text: string): ClientMessage {
  return { type: parseTyped(text, CLIENT_TYPES).type };
}

/** JSON object whose `type` is one of a list. Only the type is checked. */
function parseTyped<T extends string>(text: string, types: readonly T[]): { readonly type: T } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error(`message: expected JSON, got ${JSON.stringify(text.slice(0, 24))}`);
  }
  const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
  const known = types.find((t) => t === type);
  if (known === undefined) {
    throw new Error(`message: expected type ${types.join(' | ')}, got ${String(JSON.stringify(type)).slice(0, 24)}`);
  }
  return value as { readonly type: T };
}
