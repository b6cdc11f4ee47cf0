import { describe, expect, it } from 'vitest';
import { mixPoses, PoseBuffer } from '../../../../viewer/page/scene/interpolation.ts';

const message = (time: number, x: number, episode = 1) => {
  const poses = new Float32Array(21);
  poses.set([x, 0, 0, 0, 0, 0, 1]);
  return { episode, frame: Math.round(time * 60), time, phase: 0, poses } as const;
};

describe('the pose buffer', () => {
  /** Times of the run that are shown from 5.6 s on, 50 a second, and how long after. @param late of the messages in turn, s. */
  const play = (late: readonly number[]): { readonly shown: number[]; readonly age: number } => {
    const buffer = new PoseBuffer();
    const arrivals = Array.from({ length: 120 }, (_, i) => ({ time: i / 60, at: 5 + i / 60 + late[i % late.length] }));
    const shown: number[] = [];
    let age = 0;
    for (let now = 5; now < 7; now += 1 / 50) {
      while (arrivals.length > 0 && arrivals[0].at <= now) {
        const { time, at } = arrivals.shift()!;
        buffer.push(message(time, time), at);
      }
      const sample = buffer.sample(now);
      if (!sample || now < 5.6) continue;
      shown.push(sample.poses[0]);
      age = now - 5 - sample.time;
    }
    return { shown, age };
  };

  it('moves evenly although messages come unevenly', () => {
    const { shown } = play([0, 0.03, 0.005, 0.04, 0.01, 0]);
    const steps = shown.slice(1).map((x, i) => x - shown[i]);
    for (const step of steps) expect(Math.abs(step - 1 / 50)).toBeLessThan(0.004);
  });

  it('waits no longer than the messages make it wait', () => {
    expect(play([0]).age).toBeLessThan(1 / 60 + 0.003);
    const { age } = play([0, 0.03, 0.005, 0.04, 0.01, 0]);
    expect(age).toBeGreaterThan(0.04);
    expect(age).toBeLessThan(0.04 + 1 / 60 + 0.003);
  });

  it('shows a moment that is asked for, so that two that hear of it unevenly show the same', () => {
    const [prompt, slow] = [new PoseBuffer(), new PoseBuffer()];
    for (let i = 0; i < 60; i++) {
      prompt.push(message(i / 60, i), 5 + i / 60);
      slow.push(message(i / 60, i), 5.3 + i / 60);
    }
    const due = [prompt, slow].map((buffer) => buffer.due(5.9)!);
    expect(due[0] - due[1]).toBeCloseTo(0.3, 6);
    expect([prompt, slow].map((buffer) => buffer.at(due[1])!.time)).toEqual([due[1], due[1]]);
    expect(new PoseBuffer().due(1)).toBeUndefined();
  });

  it('begins anew with a new episode and when a playback starts again', () => {
    const buffer = new PoseBuffer();
    for (let i = 0; i < 30; i++) buffer.push(message(i / 60, 1), i / 60);
    buffer.push(message(0, 2), 0.6);
    expect(buffer.sample(0.6)).toMatchObject({ time: 0, episode: 1 });
    // and its own messages are waited for, too
    buffer.push(message(1 / 60, 4), 0.6 + 1 / 60);
    expect(buffer.sample(0.6 + 1 / 60)!.poses[0]).toBe(2);
    buffer.push(message(0.5, 3, 2), 0.7);
    expect(buffer.sample(0.7)).toMatchObject({ time: 0.5, episode: 2 });
  });

  it('turns the short way between quaternions of opposite sign', () => {
    const s = Math.SQRT1_2;
    const out = new Float32Array(7);
    mixPoses(Float32Array.of(0, 0, 0, 0, 0, 0, 1), Float32Array.of(2, 0, 0, 0, 0, -s, -s), 0.5, out);
    expect(out[0]).toBe(1);
    expect(out[5]).toBeCloseTo(Math.sin(Math.PI / 8), 6);
    expect(out[6]).toBeCloseTo(Math.cos(Math.PI / 8), 6);
  });
});
