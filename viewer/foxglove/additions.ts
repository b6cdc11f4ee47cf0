/**
 * What graft says beyond the topics of a recording, over the same Foxglove WebSocket connection (`protocol.ts`): a topic, a
 * service and parameters of its own. Any Foxglove client sees them; graft's page needs them.
 */
import type { Vec3 } from '../../sim/math/pose.ts';
import type { Episode } from '../../sim/recording/episode.ts';

/** Version of what is said here. */
export const PROTOCOL_VERSION = 2;

/** The path of the websocket that the page uses; `/` does as well. */
export const STREAM_PATH = '/stream';

/** One message whenever an episode begins to play: {@link EpisodeInfo} as JSON. Its time is that of frame 0. */
export const EPISODE_TOPIC = '/graft/episode';
/** Of an experiment: `WorkPlan` and `WorkState`, the newest of each, as JSON. */
export const [WORK_PLAN_TOPIC, WORK_STATE_TOPIC] = ['/graft/work', '/graft/work/state'] as const;
/** Gives meshes by their hash, so that each is sent once: {@link GeometryRequest} to {@link GeometryAnswer}, as JSON. */
export const GEOMETRY_SERVICE = '/graft/geometry';
/** Parameters: `RunInfo` or null, `RunResult` or null. */
export const RUN_PARAMETER = 'graft.run';
export const RESULT_PARAMETER = 'graft.result';
/** Asks something of a training: `SteeringRequest` to `SteeringState`, as JSON. */
export const STEERING_SERVICE = '/graft/steering';
/** Of a training that can be steered: `SteeringState`, or null once it is over; and whether this client may. */
export const STEERING_PARAMETER = 'graft.steering';
export const MAY_STEER_PARAMETER = 'graft.maySteer';
/** Of an arm of a race: `RaceInfo`. */
export const RACE_PARAMETER = 'graft.race';
/** Holds poses and pictures for the client that sets it to true. */
export const PAUSED_PARAMETER = 'graft.paused';

/** Everything about an episode that is not an array. */
export interface EpisodeInfo
  extends Pick<Episode, 'trial' | 'inRound' | 'split' | 'policy' | 'gripper' | 'hz' | 'grasp' | 'outcome' | 'camera'> {
  /** Number of the episode within this server's life. */
  readonly episode: number;
  /** How many episodes have begun, counting those that are played again. */
  readonly play: number;
  /** `geometry` is the hash of the mesh. */
  readonly objects: readonly { readonly geometry: string; readonly colour: Vec3; readonly family: string }[];
  /** Half extents of the palm, metres. */
  readonly palmHalf: Vec3;
  readonly frames: number;
  /** Whether `/camera/depth` and `/affordance` belong to this episode. */
  readonly hasDepth: boolean;
  readonly hasAffordance: boolean;
}

/** JSON Schema of {@link EpisodeInfo}, for clients that want to plot. */
export const EPISODE_SCHEMA = {
  title: 'graft.Episode',
  type: 'object',
  properties: {
    ...{ episode: { type: 'number' }, play: { type: 'number' }, trial: { type: 'number' }, split: { type: 'string' } },
    ...{ policy: { type: 'string' }, outcome: { type: 'string' }, hz: { type: 'number' }, frames: { type: 'number' } },
    objects: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          ...{ geometry: { type: 'string' }, family: { type: 'string' } },
          colour: { type: 'array', items: { type: 'number' } },
        },
      },
    },
    gripper: { type: 'object' },
    palmHalf: { type: 'array', items: { type: 'number' } },
    grasp: { type: 'object' },
    hasDepth: { type: 'boolean' },
    hasAffordance: { type: 'boolean' },
    camera: { type: 'object' },
  },
} as const;

/** At most this many meshes are given at a time. */
export const GEOMETRY_MAX = 64;

export interface GeometryRequest {
  readonly hashes: readonly string[];
}

export interface GeometryAnswer {
  /** Little-endian arrays in base64: float32 [vertices, 3], uint32 [triangles, 3]. */
  readonly meshes: readonly { readonly hash: string; readonly positions: string; readonly indices: string }[];
}
