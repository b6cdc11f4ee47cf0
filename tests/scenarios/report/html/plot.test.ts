import { describe, expect, it } from 'vitest';
import { CONFIG, percentRow, renderPlot } from '../../../../scenarios/report/html/plot.ts';

describe('renderPlot', () => {
  it('draws SVG without a browser, and loads nothing', async () => {
    const svg = await renderPlot({
      width: 100,
      height: 80,
      config: CONFIG,
      data: {
        values: [
          percentRow('a', 1, { rate: 0.5, low: 0.4, high: 0.6 }),
          percentRow('a', 2, { rate: 1, low: 1, high: 1 }),
        ],
      },
      mark: 'line',
      encoding: { x: { field: 'trials', type: 'quantitative' }, y: { field: 'rate', type: 'quantitative' } },
    });
    expect(svg).toMatch(/^<svg[\s\S]*<\/svg>$/);
    expect(svg).toContain('M0,40');
    expect(svg).not.toMatch(/<script|<image/);
  });

  it('refuses what is no specification', async () => {
    await expect(renderPlot({ mark: 'no such mark' } as never)).rejects.toThrow();
  });
});
