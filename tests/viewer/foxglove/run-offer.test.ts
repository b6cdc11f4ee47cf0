import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { deproject } from '../../../sim/camera/camera.ts';
import { PHASES } from '../../../sim/motion.ts';
import { type Episode, GRIPPER_BODIES } from '../../../sim/recording/episode.ts';
import { simulateEpisode, summarise } from '../../support/episodes.ts';
import { FoxgloveTestClient, type Heard, until } from '../../support/process/foxglove-client.ts';
import { type Stream, startStream } from '../../support/process/stream.ts';

const RUN = { scenario: 's', seed: 0, arm: 'a', engine: 'e', trialsPlanned: 1300 };

let episode: Episode;
let stream: Stream;

beforeAll(async () => {
  episode = await simulateEpisode(3);
});

beforeEach(async () => {
  stream = await startStream();
});

afterEach(() => stream.close());

const client = (topics?: readonly string[]): FoxgloveTestClient =>
  new FoxgloveTestClient(stream.url, { ...(topics && { topics }) });

const transforms = ({ message }: Heard): Map<string, number[]> =>
  new Map(
    message.transforms.map(
      ({ child_frame_id, translation: t, rotation: q }: Record<string, Record<string, number>>) => [
        child_frame_id,
        [t.x, t.y, t.z, q.x, q.y, q.z, q.w],
      ],
    ),
  );

describe('a run that is offered', () => {
  it('tells who comes late every outcome, once and in order, and the newest of the rest', async () => {
    stream.run.setRun(RUN);
    for (let trial = 0; trial < 1300; trial++) stream.run.addTrial({ ...summarise(episode), trial });
    stream.run.addEpisode(episode);
    const c = client();
    await until('everything', () => c.of('/trial').length >= 1300 && c.of('/tf').length > 3);
    expect(c.of('/trial').map((t) => t.message.trial)).toEqual(Array.from({ length: 1300 }, (_, i) => i));
    const held = episode.outcome === 'held';
    expect(c.of('/metrics').at(-1)?.message).toMatchObject({ trials: 1300, held: held ? 1300 : 0 });
    expect(c.of('/log').at(-1)?.message.message).toContain('training trial 1299');
    expect(c.of('/graft/episode')[0].message).toMatchObject({ trial: 3, frames: episode.phases.length });
    const [{ message: colour }] = c.of('/camera/colour');
    expect(Buffer.from(colour.data).equals(Buffer.from(episode.image.rgb))).toBe(true);
    expect(c.of('/scene')).toHaveLength(1);
    expect(c.of('/scene')[0].message.entities).toHaveLength(4 + episode.objects.length);
    const { pose } = c.of('/grasp')[0].message;
    expect([pose.position.x, pose.position.y, pose.position.z]).toEqual([...episode.grasp.position]);
  });

  it('gives depth and calibration that lift to the points that the simulator saw', async () => {
    stream.run.addEpisode(episode);
    const c = client(['/camera/depth', '/camera/calibration', '/tf_static']);
    await until('pictures', () => c.heard.length >= 3);
    const { K, width, height } = c.of('/camera/calibration')[0].message;
    const [x, y, z, ...q] = transforms(c.of('/tf_static')[0]).get('camera')!;
    const raw16 = Buffer.from(c.of('/camera/depth')[0].message.data);
    const depth = Float32Array.from({ length: width * height }, (_, i) => raw16.readUInt16LE(2 * i) / 1000);
    const intrinsics = { widthPx: width, heightPx: height, fx: K[0], fy: K[4], cx: K[2], cy: K[5] };
    const pose = { position: [x, y, z], quaternion: q } as unknown as NonNullable<Episode['camera']>['pose'];
    const got = deproject({ intrinsics, pose }, depth);
    const expected = deproject(episode.camera!, episode.depth!);
    const worst = got.reduce((m, v, i) => (Number.isNaN(v) ? m : Math.max(m, Math.abs(v - expected[i]))), 0);
    expect(worst).toBeLessThan(0.001);
  });

  it('gives the recorded poses, complete at first and then what moved, with times of the trial', async () => {
    stream.run.addEpisode(episode);
    const c = client(['/tf', '/graft/episode']);
    await until('a whole play', () => c.of('/graft/episode').length > 1);
    const start = c.of('/graft/episode')[0].time;
    const end = c.of('/graft/episode')[1].time;
    const played = c.of('/tf').filter(({ time }) => time < end);
    const bodies = GRIPPER_BODIES + episode.objects.length;
    const names = ['palm', 'finger_left', 'finger_right', ...episode.objects.map((_, i) => `object_${i}`)];
    expect([...transforms(played[0]).keys()]).toEqual(names);
    const known = new Map<string, number[]>();
    for (const heard of played) {
      const now = Math.round((Number(heard.time - start) / 1e9) * episode.hz);
      for (const [name, pose] of transforms(heard)) known.set(name, pose);
      names.forEach((name, b) => {
        const at = (now * bodies + b) * 7;
        expect(known.get(name), `${name} in frame ${now}`).toEqual([...episode.poses.subarray(at, at + 7)]);
      });
    }
    // the last frame is never left out
    expect(Math.round((Number(played.at(-1)!.time - start) / 1e9) * episode.hz)).toBe(episode.phases.length - 1);
  });

  it('gives the phase and what each finger presses', async () => {
    stream.run.addEpisode(episode);
    const c = client(['/gripper', '/graft/episode']);
    await until('a whole play', () => c.of('/graft/episode').length > 1);
    const start = c.of('/graft/episode')[0].time;
    for (const { time, message } of c.of('/gripper').filter((h) => h.time < c.of('/graft/episode')[1].time)) {
      const now = Math.round((Number(time - start) / 1e9) * episode.hz);
      expect(message.phase).toBe(PHASES[episode.phases[now]]);
      const pressed = episode.pressed!.subarray(
        now * episode.objects.length * 2,
        (now + 1) * episode.objects.length * 2,
      );
      expect(message.left).toBeCloseTo(
        pressed.filter((_, i) => i % 2 === 0).reduce((a, b) => a + b, 0),
        4,
      );
    }
    expect(c.of('/gripper').some((h) => h.message.contacts.length > 0)).toBe(true);
  });
});

describe('the metrics of a run', () => {
  it('count what was held, in all and of the last fifty', async () => {
    const outcomeOf = (i: number): 'held' | 'missed' => (i < 20 || i >= 90 ? 'held' : 'missed');
    for (let trial = 0; trial < 100; trial++)
      stream.run.addTrial({ ...summarise(episode), trial, outcome: outcomeOf(trial) });
    const c = client(['/metrics']);
    await until('all', () => c.of('/metrics').length === 100);
    c.of('/metrics').forEach(({ message }, i) => {
      const held = Array.from({ length: i + 1 }, (_, k) => k).filter((k) => outcomeOf(k) === 'held');
      const recent = held.filter((k) => k > i - 50).length / Math.min(i + 1, 50);
      expect(message).toMatchObject({ trials: i + 1, held: held.length });
      expect(message.recent_rate).toBeCloseTo(recent, 6);
    });
  });
});

describe('episodes', () => {
  it('are wanted until there is one, then only while someone watches the end of one', async () => {
    expect(stream.wantsEpisode()).toBe(true);
    stream.run.addEpisode(episode);
    expect(stream.wantsEpisode()).toBe(false);
    client([]);
    await until('wanted near the end', () => stream.wantsEpisode());
    stream.run.addEpisode({ ...episode, trial: 4 });
    expect(stream.wantsEpisode()).toBe(false);
  });

  it('are played newest first; scene and pictures that are the same are not sent again', async () => {
    const short = {
      phases: episode.phases.slice(0, 3),
      poses: episode.poses.slice(0, (episode.poses.length / episode.phases.length) * 3),
      pressed: episode.pressed!.slice(0, (episode.pressed!.length / episode.phases.length) * 3),
    };
    stream.run.addEpisode({ ...episode, ...short });
    const c = client();
    await until('the first', () => c.of('/graft/episode').length > 0);
    for (const trial of [10, 11, 12]) stream.run.addEpisode({ ...episode, ...short, trial });
    await until('the second', () => c.of('/graft/episode').some((h) => h.message.episode === 2));
    expect(c.of('/graft/episode').find((h) => h.message.episode === 2)?.message).toMatchObject({ trial: 12 });
    await until('its grasp', () => c.of('/grasp').length === 2);
    for (const topic of ['/scene', '/camera/colour', '/camera/depth', '/heightmap'])
      expect(c.of(topic), topic).toHaveLength(1);
  });

  it('whose arrays do not fit each other are refused', () => {
    expect(() => stream.run.addEpisode({ ...episode, phases: new Uint8Array(2) })).toThrow(/numbers in poses, got/);
    expect(() => stream.run.addEpisode({ ...episode, affordance: new Float32Array(5) })).toThrow(/affordances, got 5/);
  });
});
