import type { WebGLRenderer } from 'three';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Resolution } from '../../../../viewer/page/scene/pace.ts';

afterEach(() => void vi.unstubAllGlobals());

/** Draws so many pictures. @returns the ratios that were set, and the pictures after which the canvas was empty. */
function drawn(intervalMs: number, count: number, followed = true, adapts = true) {
  vi.stubGlobal('devicePixelRatio', 1);
  const ratios: number[] = [];
  const emptied: number[] = [];
  const renderer = { setPixelRatio: (ratio: number) => void ratios.push(ratio) } as unknown as WebGLRenderer;
  const resolution = new Resolution(renderer, adapts);
  for (let i = 1; i <= count; i++) if (resolution.note(i * intervalMs, followed)) emptied.push(i);
  return { ratios, emptied };
}

describe('the resolution of a view', () => {
  it('falls while pictures come slowly, down to a half, and says each time that the canvas is empty', () => {
    const { ratios, emptied } = drawn(60, 200);
    expect(ratios.map((r) => Number(r.toFixed(3)))).toEqual([1, 0.8, 0.64, 0.512, 0.5]);
    expect(emptied).toEqual([24, 48, 72, 96]);
  });

  it.each([
    ['when pictures come fast', [20, 200]],
    ['when the page was hidden in between', [600, 200]],
    ['when the picture stood still in between', [60, 200, false]],
    ['when it is fixed', [60, 200, true, false]],
  ] as const)('stays %s', (_, [interval, count, followed, adapts]) =>
    expect(drawn(interval, count, followed, adapts)).toEqual({ ratios: [1], emptied: [] }),
  );
});
